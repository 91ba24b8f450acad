namespace QuickReduce.Processes.Worker;

/// <summary>Kernel sets for ranks that need no generated class.</summary>
public static class WorkerKernels
{
    private static readonly DataType[] DataTypes = [DataType.Float16, DataType.BFloat16];
    private static readonly QuantRegime[] Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];

    /// <summary>Every variant that the managed backend runs, for any number of ranks.</summary>
    public static KernelSet All { get; } = Named("QuickReduce.Processes.Everything");

    /// <summary>The same under another name: ranks with the one and ranks with the other do not fit together.</summary>
    public static KernelSet Named(string name) => new(
        name,
        [.. from type in DataTypes from regime in Regimes from worldSize in SpecializationRules.WorldSizes select new KernelVariant(type, regime, worldSize)],
        []);
}
