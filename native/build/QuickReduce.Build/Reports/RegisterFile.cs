namespace QuickReduce.Build;

/// <summary>How many waves of a kernel fit one SIMD, and what keeps them from being more.</summary>
/// <param name="WavesPerSimd">Waves that are resident at once on each of a compute unit's four SIMDs.</param>
/// <param name="LimitedBy">What allows no more.</param>
internal sealed record Occupancy(int WavesPerSimd, OccupancyLimit LimitedBy);

internal enum OccupancyLimit
{
    /// <summary>The SIMD's slots for waves: there is nothing to gain.</summary>
    Hardware,
    VectorRegisters,
    ScalarRegisters,

    /// <summary>Whole blocks are resident or not: what a block more would need is not there.</summary>
    BlockSize,
    Lds,
}

/// <summary>
/// What a compute unit has to share among waves. Figures: "AMD Instinct MI200", "MI300" (CDNA3) and "CDNA4" instruction set
/// architecture guides, sections on VGPR allocation and LDS; LLVM's AMDGPU backend, whose own figure the tests compare with.
/// </summary>
internal sealed class RegisterFile
{
    private const int SimdsPerComputeUnit = 4;
    private const int WaveSize = 64;

    /// <summary>Blocks of more than one wave that a compute unit can synchronise.</summary>
    private const int MaxBlocksWithBarriers = 16;

    private const int MaxWaves = 8;

    /// <summary>Vector and accumulator registers share one file of 512 for each lane, handed out eight at a time.</summary>
    private const int VectorRegisters = 512;
    private const int VectorGranule = 8;

    private readonly int _ldsBytes;
    private readonly int _ldsGranule;

    private RegisterFile(int ldsBytes, int ldsGranule)
    {
        _ldsBytes = ldsBytes;
        _ldsGranule = ldsGranule;
    }

    /// <summary>The figures of an architecture, with features or without; null for one that is not known here.</summary>
    public static RegisterFile? Of(string target) => target.Split(':')[0] switch
    {
        "gfx90a" or "gfx942" => new RegisterFile(64 * 1024, 512),
        "gfx950" => new RegisterFile(160 * 1024, 1280),
        _ => null,
    };

    /// <summary>
    /// Waves of a kernel per SIMD. <see cref="KernelMetadata.VectorRegisters"/> counts both kinds of vector registers, as the
    /// compiler writes it for these architectures.
    /// </summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="threadsPerBlock">Threads of the blocks that it is launched with; null where nobody says.</param>
    public Occupancy OccupancyOf(KernelMetadata kernel, int? threadsPerBlock)
    {
        int byVector = VectorRegisters / Math.Max(VectorGranule, Aligned(kernel.VectorRegisters, VectorGranule));
        int byScalar = WavesWithScalarRegisters(kernel.ScalarRegisters);
        int waves = Math.Min(MaxWaves, Math.Min(byVector, byScalar));
        OccupancyLimit limit = waves == MaxWaves ? OccupancyLimit.Hardware
            : byVector <= byScalar ? OccupancyLimit.VectorRegisters
            : OccupancyLimit.ScalarRegisters;
        if (threadsPerBlock is null && kernel.LdsBytes == 0)
        {
            return new Occupancy(waves, limit);
        }

        int wavesPerBlock = (Math.Max(1, threadsPerBlock ?? kernel.MaxThreadsPerBlock) + WaveSize - 1) / WaveSize;
        int blocks = waves * SimdsPerComputeUnit / wavesPerBlock;
        if (wavesPerBlock > 1)
        {
            blocks = Math.Min(blocks, MaxBlocksWithBarriers);
        }

        int whole = blocks * wavesPerBlock / SimdsPerComputeUnit;
        if (whole < waves)
        {
            (waves, limit) = (whole, OccupancyLimit.BlockSize);
        }

        int blocksInLds = kernel.LdsBytes == 0 ? int.MaxValue : _ldsBytes / Aligned(kernel.LdsBytes, _ldsGranule);
        if (blocksInLds < blocks)
        {
            // A block of fewer waves than SIMDs leaves some of them empty; what is asked is the average, rounded down.
            (waves, limit) = (blocksInLds * wavesPerBlock / SimdsPerComputeUnit, OccupancyLimit.Lds);
        }

        return new Occupancy(waves, limit);
    }

    /// <summary>800 for each SIMD; a wave gets 16 at a time, of which up to 102 can be addressed.</summary>
    private static int WavesWithScalarRegisters(int count) => count <= 100 ? MaxWaves : MaxWaves - 1;

    private static int Aligned(int value, int granule) => (value + granule - 1) / granule * granule;
}
