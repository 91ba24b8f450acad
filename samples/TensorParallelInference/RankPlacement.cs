using QuickReduce;
using QuickReduce.Accuracy;

namespace TensorParallelInference;

/// <summary>
/// Where the ranks run: all as threads of this process; or, if a launcher has started one process per rank, this
/// process's rank here and the others elsewhere.
/// </summary>
/// <param name="device">What all-reduces.</param>
internal sealed class RankPlacement(DeviceKind device)
{
    private readonly RankEnvironment? _process = RankEnvironment.FindInEnvironment();

    /// <summary>Number of processes that a launcher has started; null where there is no launcher.</summary>
    public int? JobSize => _process?.WorldSize;

    /// <summary>Whether rank 0, which speaks for all, runs here.</summary>
    public bool HasFirstRank => _process is null or { Rank: 0 };

    /// <summary>One of the numbers of ranks that there are kernels for.</summary>
    /// <exception cref="ArgumentException">There are no kernels for so many, or the launcher has started another number.</exception>
    public LlamaCollectives.WorldSize WorldSizeOf(int worldSize)
    {
        if (!Enum.IsDefined((LlamaCollectives.WorldSize)worldSize))
        {
            throw new ArgumentException("There are no kernels for " + worldSize + " ranks, but for "
                + string.Join(", ", Enum.GetValues<LlamaCollectives.WorldSize>().Select(static value => (int)value)) + ".");
        }

        return JobSize is null || JobSize == worldSize
            ? (LlamaCollectives.WorldSize)worldSize
            : throw new ArgumentException("--world-size is " + worldSize + ", and the launcher has started " + JobSize + " processes. Leave it out.");
    }

    /// <summary>Creates the ranks of this process.</summary>
    public IRankGroup CreateGroup(DataType dataType, LlamaCollectives.Regime regime, LlamaCollectives.WorldSize worldSize) => _process is null
        ? new LlamaRankGroup(dataType, regime, worldSize, device)
        : new LlamaProcessGroup(dataType, regime, _process, device);
}
