namespace QuickReduce.Tests.Shared.Processes;

/// <summary>What a worker tells the test that started it, one line each.</summary>
internal static class Report
{
    /// <summary>Writes a line.</summary>
    public static void Write(string name, params object[] values)
    {
        Console.WriteLine(string.Join(' ', [name, .. values]));
        Console.Out.Flush();
    }

    /// <summary>Writes what an exception says: its type, the ranks that it names, and its message.</summary>
    public static void Write(Exception exception) => Write("exception", Describe(exception));

    /// <summary>An exception in a line: its type, the ranks that it names, and its message, with blanks between.</summary>
    public static string Describe(Exception exception)
    {
        var ranks = exception switch
        {
            RankFailedException failed => [failed.FailedRank],
            RankTimeoutException timeout => timeout.MissingRanks,
            RendezvousException rendezvous => rendezvous.Ranks,
            GroupAbortedException aborted => [aborted.AbortingRank],
            InvalidBufferException buffer => [buffer.Rank],
            _ => (IReadOnlyList<int>)[],
        };
        var type = exception is RendezvousException { Problem: var problem } ? nameof(RendezvousException) + "." + problem : exception.GetType().Name;
        return type + " " + string.Join(',', ranks) + " " + exception.Message.ReplaceLineEndings(" ");
    }
}

/// <summary>Tells which ranks a rank waits for.</summary>
internal sealed class MissingReport : IProgress<IReadOnlyList<int>>
{
    public void Report(IReadOnlyList<int> value) => Processes.Report.Write("missing", [.. value.Cast<object>()]);
}
