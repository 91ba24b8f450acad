using QuickReduce;

namespace TensorParallelInference;

/// <summary>Turns what can go wrong into a line on the error output and an exit code.</summary>
internal static class CommandRunner
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int Cancelled = 130; // as shells report a program that Ctrl-C ended

    public static async Task<int> RunAsync(Func<Task> run, CancellationToken cancellationToken)
    {
        try
        {
            await run();
            return Success;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Cancelled. No file was written.");
            return Cancelled;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or QuickReduceException)
        {
            await Console.Error.WriteLineAsync("Error: " + exception.Message);
            return Failure;
        }
    }
}
