namespace QuickReduce;

/// <summary>
/// Generates an all-reduce kernel for every combination of the given values, and typed members of the partial class
/// that run them.
/// </summary>
/// <remarks>
/// May be repeated, and mixed with <see cref="AllReduceKernelAttribute"/>; the class then has the union of what all of
/// them declare. Axes that are left out have the values shown: the set of the original QuickReduce. Which values there
/// are and how they combine is listed in <c>docs/specialization.md</c>.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class AllReduceKernelsAttribute : Attribute
{
    /// <summary>Element types. <see cref="DataType.Float32"/> combines with <see cref="QuantRegime.FP"/> only.</summary>
    public DataType[] DataTypes { get; set; } = [DataType.Float16, DataType.BFloat16];

    /// <summary>Wire formats.</summary>
    public QuantRegime[] Regimes { get; set; } = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];

    /// <summary>Numbers of ranks, each from 2 to 8.</summary>
    public int[] WorldSizes { get; set; } = [2, 4, 8];

    /// <summary>How the ranks share the work; of several, every call takes the one that suits its size.</summary>
    public AllReduceAlgorithm[] Algorithms { get; set; } = [AllReduceAlgorithm.TwoShot];

    /// <summary>Elements that share one scale: 16, 32, 64, 128. Without meaning in full precision.</summary>
    public int[] GroupSizes { get; set; } = [SpecializationRules.DefaultGroupSize];

    /// <summary>
    /// How scales travel. <see cref="ScaleFormat.SharedExponent"/> combines with groups of 16 and 32. Without meaning in full
    /// precision.
    /// </summary>
    public ScaleFormat[] ScaleFormats { get; set; } = [ScaleFormat.BFloat16];

    /// <summary>Threads per block: 128, 256, 512, 1024. A tuning parameter: it changes no result.</summary>
    public int[] BlockSizes { get; set; } = [SpecializationRules.DefaultBlockSize];

    /// <summary>
    /// Atoms of 16 bytes that a thread has of one tile: 1, 2, 4, … 64; 0 for what suits the algorithm, 8 in two-shot
    /// and 1 in the others. A tuning parameter: it changes no result.
    /// </summary>
    public int[] AtomsPerThread { get; set; } = [0];

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
