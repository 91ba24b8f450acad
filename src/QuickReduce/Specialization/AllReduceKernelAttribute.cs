namespace QuickReduce;

/// <summary>Generates one all-reduce kernel, for those who do not want the whole cross product.</summary>
/// <param name="dataType">Element type.</param>
/// <param name="regime">Wire format.</param>
/// <param name="worldSize">Number of ranks, from 2 to 8.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class AllReduceKernelAttribute(DataType dataType, QuantRegime regime, int worldSize) : Attribute
{
    /// <summary>Element type.</summary>
    public DataType DataType { get; } = dataType;

    /// <summary>Wire format.</summary>
    public QuantRegime Regime { get; } = regime;

    /// <summary>Number of ranks.</summary>
    public int WorldSize { get; } = worldSize;

    /// <summary>How the ranks share the work.</summary>
    public AllReduceAlgorithm Algorithm { get; set; } = AllReduceAlgorithm.TwoShot;

    /// <summary>Elements that share one scale: 16, 32, 64 or 128; without meaning in full precision.</summary>
    public int GroupSize { get; set; } = SpecializationRules.DefaultGroupSize;

    /// <summary>
    /// How scales travel. <see cref="ScaleFormat.SharedExponent"/> combines with groups of 16 and 32. Without meaning in full
    /// precision.
    /// </summary>
    public ScaleFormat ScaleFormat { get; set; }

    /// <summary>Threads per block: 128, 256, 512 or 1024. A tuning parameter: it changes no result.</summary>
    public int BlockSize { get; set; } = SpecializationRules.DefaultBlockSize;

    /// <summary>
    /// Atoms of 16 bytes that a thread has of one tile: 1, 2, 4, … 64; 0 for what suits the algorithm, 8 in two-shot
    /// and 1 in the others. A tuning parameter: it changes no result.
    /// </summary>
    public int AtomsPerThread { get; set; }

    /// <summary>
    /// Most vector registers that a kernel may need on an AMD GPU, 1 to 512; 0 for any number. More fails the build, at this
    /// attribute (<c>docs/kernel-reports.md</c>).
    /// </summary>
    public int MaxVgprs { get; set; }

    /// <summary>Whether a kernel that spills vector registers or uses scratch memory on an AMD GPU fails the build.</summary>
    public bool NoSpills { get; set; }

    /// <summary>Fewest waves per SIMD that a kernel must leave room for on an AMD GPU, 1 to 8; 0 for any number.</summary>
    public int MinOccupancy { get; set; }
}
