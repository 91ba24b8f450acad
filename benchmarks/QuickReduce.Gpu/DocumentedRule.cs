namespace QuickReduce.Gpu;

/// <summary>What docs/gpu.md says of the algorithm that a size chooses, written down again: groups are held against it.</summary>
internal static class DocumentedRule
{
    /// <summary>Largest message, in bytes per rank, that goes in one shot by default.</summary>
    public static int OneShotMaxBytes(int worldSize, QuantRegime regime)
    {
        var inFullPrecision = worldSize switch { 2 => 1024, 3 or 4 => 256, _ => 64 } * 1024;
        return regime == QuantRegime.FP ? inFullPrecision : 2 * inFullPrecision;
    }
}
