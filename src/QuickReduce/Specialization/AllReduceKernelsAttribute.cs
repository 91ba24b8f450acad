namespace QuickReduce;

/// <summary>
/// Generates an all-reduce kernel for every combination of the given data types, regimes and world sizes, and typed
/// members of the partial class that run them.
/// </summary>
/// <remarks>
/// May be repeated, and mixed with <see cref="AllReduceKernelAttribute"/>; the class then has the union of what all of
/// them declare. Axes that are left out have every value that QuickReduce supports.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class AllReduceKernelsAttribute : Attribute
{
    /// <summary>Element types; all by default.</summary>
    public DataType[] DataTypes { get; set; } = [DataType.Float16, DataType.BFloat16];

    /// <summary>Wire formats; all by default.</summary>
    public QuantRegime[] Regimes { get; set; } = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];

    /// <summary>Numbers of ranks, each 2, 4 or 8; all by default.</summary>
    public int[] WorldSizes { get; set; } = [2, 4, 8];
}
