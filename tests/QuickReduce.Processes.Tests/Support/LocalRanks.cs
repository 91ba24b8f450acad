using Microsoft.Extensions.Logging.Abstractions;
using QuickReduce.Collectives.Processes;
using QuickReduce.Devices.Processes;
using QuickReduce.Processes.Worker;
using QuickReduce.Rendezvous;
using Xunit;

namespace QuickReduce.Processes.Tests.Support;

/// <summary>
/// Ranks that share memory as processes do, each with a mapping of its own, but in the test's process: without a
/// rendezvous, from any epoch, and with the debugger at hand.
/// </summary>
public sealed class LocalRanks : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly Communicator[] _ranks;

    public LocalRanks(int worldSize, uint epoch = 0, GroupOptions? options = null)
    {
        options ??= new GroupOptions { Timeout = TimeSpan.FromSeconds(20) };
        var kernels = new RankKernels(WorkerKernels.All, worldSize, options.Device, AppContext.BaseDirectory);
        var policy = options.Prepare(WorkerKernels.All, worldSize, kernels.Device);
        var layout = new SharedLayout(worldSize, kernels.RegionBytes);
        using var creator = SharedSegment.Create(layout.Bytes);
        new EpochBoard(creator, layout, 0, TimeSpan.FromSeconds(1)).Reset(epoch);
        _ranks = [.. Enumerable.Range(0, worldSize).Select(rank => Open(rank))];
        creator.RemoveName();

        Communicator Open(int rank)
        {
            var segment = SharedSegment.Open(creator.Path, layout.Bytes);
            Assert.True(segment.TryHold(rank));
            return new Communicator(kernels, rank, segment, layout, policy, options, NullLogger.Instance, epoch);
        }
    }

    public Communicator this[int rank] => _ranks[rank];

    /// <summary>Runs a body for every rank, each on a thread of its own, and gives what each threw, or null.</summary>
    public Exception?[] Run(Action<Communicator> body)
    {
        var exceptions = new Exception?[_ranks.Length];
        var threads = _ranks.Select(rank => new Thread(() => exceptions[rank.Rank] = Record.Exception(() => body(rank))) { IsBackground = true }).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        Assert.All(threads, thread => Assert.True(thread.Join(Hang), "A rank hangs."));
        return exceptions;
    }

    public void Dispose()
    {
        foreach (var rank in _ranks)
        {
            rank.Dispose();
        }
    }
}
