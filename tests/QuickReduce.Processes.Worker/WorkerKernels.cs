namespace QuickReduce.Processes.Worker;

/// <summary>Kernel sets for ranks that need no generated class.</summary>
public static class WorkerKernels
{
    private static readonly DataType[] Halves = [DataType.Float16, DataType.BFloat16];
    private static readonly int[] GroupSizes = [16, SpecializationRules.DefaultGroupSize, 128];

    /// <summary>Every type, regime, algorithm and number of ranks, and most group sizes.</summary>
    public static KernelSet All { get; } = Named("QuickReduce.Processes.Everything");

    /// <summary>The same under another name: ranks with the one and ranks with the other do not fit together.</summary>
    public static KernelSet Named(string name) => new(
        name,
        [
            .. from worldSize in SpecializationRules.WorldSizes
               from algorithm in SpecializationRules.Algorithms
               from variant in Formats(worldSize, algorithm)
               where variant.IsSupported
               select variant,
        ],
        []);

    private static IEnumerable<KernelVariant> Formats(int worldSize, AllReduceAlgorithm algorithm) =>
    [
        .. from type in SpecializationRules.DataTypes select new KernelVariant(type, QuantRegime.FP, worldSize, algorithm),
        .. from type in Halves
           from regime in SpecializationRules.Regimes
           where regime != QuantRegime.FP
           from groupSize in GroupSizes
           select new KernelVariant(type, regime, worldSize, algorithm) { GroupSize = groupSize },
    ];
}
