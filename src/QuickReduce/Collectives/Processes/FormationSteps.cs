using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Processes;

/// <summary>Steps of forming a group, after which all ranks hear what each has, or why it cannot go on.</summary>
internal static class FormationSteps
{
    private const int MaxMessage = 4096;

    /// <summary>Does this rank's step and hears of all others' outcomes; all fail where one does.</summary>
    /// <param name="meeting">The ranks.</param>
    /// <param name="step">The step; gives what the others are to know.</param>
    /// <param name="limit">Ends the wait.</param>
    /// <exception cref="RendezvousException">Another rank could not do its step.</exception>
    /// <exception cref="QuickReduceException">This one could not.</exception>
    public static Task<byte[][]> TradeAsync(this RankMeeting meeting, Func<byte[]> step, CancellationToken limit) =>
        meeting.TradeAsync(() => Task.FromResult(step()), limit);

    /// <inheritdoc cref="TradeAsync(RankMeeting, Func{byte[]}, CancellationToken)"/>
    public static async Task<byte[][]> TradeAsync(this RankMeeting meeting, Func<Task<byte[]>> step, CancellationToken limit)
    {
        var writer = new PayloadWriter();
        var failure = default(QuickReduceException);
        try
        {
            writer.Text(string.Empty).Bytes(await step().ConfigureAwait(false));
        }
        catch (QuickReduceException exception)
        {
            failure = exception;
            writer = new PayloadWriter().Text(exception.Message.Length <= MaxMessage ? exception.Message : exception.Message[..MaxMessage]);
        }

        var payloads = await meeting.ExchangeAsync(writer.ToArray(), limit).ConfigureAwait(false);
        return failure is null ? [.. payloads.Select(Read)] : throw failure;
    }

    private static byte[] Read(byte[] payload, int rank)
    {
        var reader = new PayloadReader(payload);
        if (reader.Text() is { Length: > 0 } problem)
        {
            throw new RendezvousException(RendezvousProblem.Device, "The ranks cannot form a group: rank " + rank + " cannot take part: " + problem, [rank]);
        }

        var bytes = reader.Bytes().ToArray();
        reader.End();
        return bytes;
    }
}
