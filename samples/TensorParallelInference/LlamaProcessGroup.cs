using QuickReduce;
using QuickReduce.Accuracy;

namespace TensorParallelInference;

/// <summary>This process's rank among ranks in processes of their own. They meet when they run.</summary>
internal sealed class LlamaProcessGroup : IRankGroup
{
    private readonly Func<LlamaCollectives.Communicator, IPartialSums> _connect;
    private readonly RankEnvironment _process;
    private readonly JoinOptions _options;

    public LlamaProcessGroup(DataType dataType, LlamaCollectives.Regime regime, RankEnvironment process, DeviceKind device)
    {
        _connect = dataType switch
        {
            DataType.Float16 => rank => new Float16Sums(rank, regime),
            DataType.BFloat16 => rank => new BFloat16Sums(rank, regime),
            _ => throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "LlamaCollectives declares no such element type."),
        };
        _process = process;
        _options = new JoinOptions
        {
            GroupName = dataType + " " + regime,

            // Others wait while rank 0 scores the whole model. That a rank has died is noticed without a time limit.
            Timeout = Timeout.InfiniteTimeSpan,
            Group = new GroupOptions { Device = device, Timeout = Timeout.InfiniteTimeSpan },
        };
    }

    public int WorldSize => _process.WorldSize;

    public IReadOnlyList<int> LocalRanks => [_process.Rank];

    public async Task RunAsync(Action<int, IPartialSums> body, CancellationToken cancellationToken)
    {
        using var communicator = await LlamaCollectives.JoinAsync(_process, _options, cancellationToken);
        await using var cancelling = cancellationToken.Register(() => communicator.Abort("cancelled"));
        try
        {
            await Task.Factory.StartNew(
                () => body(_process.Rank, _connect(communicator)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (QuickReduceException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    public void Dispose()
    {
    }

    private sealed class Float16Sums(LlamaCollectives.Communicator rank, LlamaCollectives.Regime regime) : RoundedPartialSums<Half>
    {
        protected override void AllReduce(Span<Half> partialSums) => rank.AllReduce(partialSums, regime);
    }

    private sealed class BFloat16Sums(LlamaCollectives.Communicator rank, LlamaCollectives.Regime regime) : RoundedPartialSums<BFloat16>
    {
        protected override void AllReduce(Span<BFloat16> partialSums) => rank.AllReduce(partialSums, regime);
    }
}
