namespace QuickReduce.Accuracy;

/// <summary>Ranks for programs that learn their cases when they run.</summary>
public static class CollectiveRankGroups
{
    /// <summary>Creates the ranks of a case: threads of this process, on the managed backend.</summary>
    /// <param name="item">A case with two or more ranks.</param>
    /// <exception cref="QuickReduceException">There is no kernel for the case.</exception>
    public static IRankGroup Create(AccuracyCase item)
    {
        var variant = new KernelVariant(item.DataType, item.Mode, item.WorldSize);
        var kernels = new KernelSet("Accuracy", [variant], []);
        return item.DataType switch
        {
            DataType.Float16 => new CollectiveRankGroup<Half>(kernels, item.WorldSize, item.Mode),
            DataType.BFloat16 => new CollectiveRankGroup<BFloat16>(kernels, item.WorldSize, item.Mode),
            _ => new CollectiveRankGroup<float>(kernels, item.WorldSize, item.Mode),
        };
    }
}
