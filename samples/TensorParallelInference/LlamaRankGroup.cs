using QuickReduce;
using QuickReduce.Accuracy;

namespace TensorParallelInference;

/// <summary>Connects the ranks of a model with the generated members of <see cref="LlamaCollectives"/>.</summary>
internal sealed class LlamaRankGroup : IRankGroup
{
    private readonly LlamaCollectives.Group _group;
    private readonly Func<LlamaCollectives.Rank, IPartialSums> _connect;

    public LlamaRankGroup(DataType dataType, LlamaCollectives.Regime regime, LlamaCollectives.WorldSize worldSize, DeviceKind device)
    {
        _connect = dataType switch
        {
            DataType.Float16 => rank => new Float16Sums(rank, regime),
            DataType.BFloat16 => rank => new BFloat16Sums(rank, regime),
            _ => throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "LlamaCollectives declares no such element type."),
        };
        _group = LlamaCollectives.CreateGroup(worldSize, new GroupOptions { Device = device });
    }

    public int WorldSize => _group.RankCount;

    public Task RunAsync(Action<int, IPartialSums> body, CancellationToken cancellationToken) =>
        _group.RunAsync(rank => body(rank.Index, _connect(rank)), cancellationToken);

    public void Dispose() => _group.Dispose();

    private sealed class Float16Sums(LlamaCollectives.Rank rank, LlamaCollectives.Regime regime) : RoundedPartialSums<Half>
    {
        protected override void AllReduce(Span<Half> partialSums) => rank.AllReduce(partialSums, regime);
    }

    private sealed class BFloat16Sums(LlamaCollectives.Rank rank, LlamaCollectives.Regime regime) : RoundedPartialSums<BFloat16>
    {
        protected override void AllReduce(Span<BFloat16> partialSums) => rank.AllReduce(partialSums, regime);
    }
}
