namespace QuickReduce.Cli.CommandLine;

/// <summary>How the tool ends; <c>quickreduce --help</c> says the same.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>Something is missing: a compiler (<c>doctor</c>), kernels (<c>list</c>).</summary>
    public const int Missing = 1;

    public const int WrongCommandLine = 2;

    public const int FileAccess = 3;

    /// <summary>Ctrl-C, as shells report it.</summary>
    public const int Interrupted = 130;
}
