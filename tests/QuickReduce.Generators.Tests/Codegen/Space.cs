namespace QuickReduce.Codegen.Tests;

/// <summary>Points of the specialisation space.</summary>
internal static class Space
{
    /// <summary>Every combination of possible values, possible together or not.</summary>
    public static IEnumerable<KernelVariant> All =>
        from dataType in SpecializationRules.DataTypes
        from regime in SpecializationRules.Regimes
        from worldSize in SpecializationRules.WorldSizes
        from algorithm in SpecializationRules.Algorithms
        from groupSize in regime == QuantRegime.FP ? [0] : SpecializationRules.GroupSizes
        from scaleFormat in SpecializationRules.ScaleFormats
        from blockSize in SpecializationRules.BlockSizes
        from atoms in SpecializationRules.AtomsPerThread
        select new KernelVariant(dataType, new AllReduceMode(regime, groupSize, scaleFormat), worldSize, algorithm) { BlockSize = blockSize, AtomsPerThread = atoms };

    /// <summary>Those of which there are kernels.</summary>
    public static IEnumerable<KernelVariant> Supported => All.Where(variant => variant.IsSupported);

    /// <summary>The set that an attribute without arguments declares: the original QuickReduce's.</summary>
    public static IEnumerable<KernelVariant> Usual =>
        from dataType in new[] { DataType.Float16, DataType.BFloat16 }
        from regime in new[] { QuantRegime.FP, QuantRegime.Int4, QuantRegime.Int6, QuantRegime.Int8 }
        from worldSize in new[] { 2, 4, 8 }
        select new KernelVariant(dataType, regime, worldSize);
}
