namespace QuickReduce.Mi300xModel;

/// <summary>
/// MI300X as AMD describes it, and what is not fitted: "AMD Instinct MI300X data sheet" (304 compute units, 2.1 GHz, 5.3 TB/s) and
/// "CDNA 3 architecture" (a wave of 64 lanes takes four cycles of its SIMD for each vector instruction).
/// </summary>
internal static class Machine
{
    public const int ComputeUnits = 304;
    public const int SimdsPerComputeUnit = 4;
    public const double ClockGigahertz = 2.1;
    public const double CyclesPerVectorInstruction = 4;
    public const double MemoryGigabytesPerSecond = 5300;

    /// <summary>What a link carries in one direction when software drives it; 64 GB/s before packet headers and flow control.</summary>
    public const double UsableLinkGigabytesPerSecond = 48;

    /// <summary>Blocks that are resident at once, four per compute unit, in the peers' kernels and in ours.</summary>
    public const int ResidentBlocks = ComputeUnits * 4;

    /// <summary>Wave instructions that all SIMDs start per microsecond.</summary>
    public const double VectorInstructionsPerMicrosecond =
        ComputeUnits * SimdsPerComputeUnit * ClockGigahertz * 1e3 / CyclesPerVectorInstruction;
}
