using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Benchmarks;

/// <summary>
/// How long processes of one host take to form a group: from the moment when the last one asks to until the last one has
/// its communicator. Processes are new each time, so that this holds what the JIT compiles for it.
/// </summary>
internal sealed class QuickForming : IQuickSuite
{
    private const int Rounds = 7;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public string Name => "forming";

    public void Run(TextWriter output)
    {
        output.WriteLine("forming a group of new processes, ms from the last one's call to the last one's return, least, median and most of " + Rounds);
        output.WriteLine("and the processor time that a rank takes for it, ms, median over rounds of the mean over ranks");
        output.WriteLine(Quick.Head("", "least", "median", "most", "cpu"));
        foreach (var worldSize in new[] { 2, 4, 8 })
        {
            var rounds = Enumerable.Range(0, Rounds).Select(_ => Form(worldSize)).ToArray();
            var times = rounds.Select(static round => round.Milliseconds).Order().ToArray();
            var usages = rounds.Select(static round => round.ProcessorMilliseconds).Order().ToArray();
            output.WriteLine(Quick.Row("N=" + worldSize, times[0], times[Rounds / 2], times[^1], usages[Rounds / 2]));
        }
    }

    private static (double Milliseconds, double ProcessorMilliseconds) Form(int worldSize)
    {
        var job = Guid.NewGuid().ToString("N");
        var ranks = Enumerable.Range(0, worldSize).Select(rank => Start(job, rank, worldSize)).ToArray();
        try
        {
            // A clock that all processes share.
            var moments = Array.ConvertAll(ranks, static rank => Array.ConvertAll(
                (rank.StandardOutput.ReadLineAsync().WaitAsync(Limit).GetAwaiter().GetResult() ?? throw new InvalidOperationException("A rank ended without a group.")).Split(' '),
                static text => long.Parse(text, CultureInfo.InvariantCulture)));
            return (
                Stopwatch.GetElapsedTime(moments.Max(static moment => moment[0]), moments.Max(static moment => moment[1])).TotalMilliseconds,
                moments.Average(static moment => new TimeSpan(moment[2]).TotalMilliseconds));
        }
        finally
        {
            foreach (var rank in ranks)
            {
                if (!rank.WaitForExit(Limit))
                {
                    rank.Kill();
                }

                rank.Dispose();
            }
        }
    }

    private static Process Start(string job, int rank, int worldSize)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, ArgumentList = { "join" } };
        start.Environment["QUICKREDUCE_JOB_ID"] = job;
        start.Environment["QUICKREDUCE_RANK"] = rank.ToString(CultureInfo.InvariantCulture);
        start.Environment["QUICKREDUCE_WORLD_SIZE"] = worldSize.ToString(CultureInfo.InvariantCulture);
        return Process.Start(start)!;
    }
}
