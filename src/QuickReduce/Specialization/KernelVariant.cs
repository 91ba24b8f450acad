using System.Globalization;

#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// One point of the specialisation space: what one generated kernel is for. Value-equal and ordered by data type,
/// regime and world size, so that everything derived from a set of variants is deterministic.
/// </summary>
/// <param name="DataType">Element type.</param>
/// <param name="Regime">Wire format.</param>
/// <param name="WorldSize">Number of ranks, one of <see cref="SupportedWorldSizes"/>.</param>
public readonly record struct KernelVariant(DataType DataType, QuantRegime Regime, int WorldSize) : IComparable<KernelVariant>
{
    private static readonly int[] WorldSizes = [2, 4, 8];

    /// <summary>World sizes for which a kernel can be generated.</summary>
    public static IReadOnlyList<int> SupportedWorldSizes => WorldSizes;

    /// <summary>Whether the three axes hold values for which a kernel can be generated.</summary>
    public bool IsSupported =>
        DataType is DataType.Float16 or DataType.BFloat16
        && Regime is QuantRegime.FP or QuantRegime.Int8 or QuantRegime.Int6 or QuantRegime.Int4
        && Array.IndexOf(WorldSizes, WorldSize) >= 0;

    /// <summary>Name of the translation unit that holds this variant's kernel, for example <c>float16_int4</c>.</summary>
    public string UnitName => NameOf(DataType) + "_" + NameOf(Regime);

    /// <summary>
    /// Name of the kernel's entry point, for example <c>two_shot_all_reduce_float16_int4_world4</c>; the same in the
    /// generated source, in the code objects and in messages.
    /// </summary>
    public string KernelName =>
        "two_shot_all_reduce_" + UnitName + "_world" + WorldSize.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public int CompareTo(KernelVariant other)
    {
        var byType = DataType.CompareTo(other.DataType);
        var byRegime = byType != 0 ? byType : Regime.CompareTo(other.Regime);
        return byRegime != 0 ? byRegime : WorldSize.CompareTo(other.WorldSize);
    }

    /// <summary>Compares in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(KernelVariant left, KernelVariant right) => left.CompareTo(right) < 0;

    /// <summary>Compares in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(KernelVariant left, KernelVariant right) => left.CompareTo(right) > 0;

    /// <summary>Compares in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(KernelVariant left, KernelVariant right) => left.CompareTo(right) <= 0;

    /// <summary>Compares in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(KernelVariant left, KernelVariant right) => left.CompareTo(right) >= 0;

    /// <summary>The name of a data type in kernels, files and messages: <c>float16</c>, <c>bfloat16</c>.</summary>
    public static string NameOf(DataType dataType) => dataType switch
    {
        DataType.Float16 => "float16",
        DataType.BFloat16 => "bfloat16",
        _ => throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type."),
    };

    /// <summary>The name of a regime in kernels, files and messages: <c>fp</c>, <c>int8</c>, <c>int6</c>, <c>int4</c>.</summary>
    public static string NameOf(QuantRegime regime) => regime switch
    {
        QuantRegime.FP => "fp",
        QuantRegime.Int8 => "int8",
        QuantRegime.Int6 => "int6",
        QuantRegime.Int4 => "int4",
        _ => throw new ArgumentOutOfRangeException(nameof(regime), regime, "Unknown regime."),
    };

    /// <inheritdoc/>
    public override string ToString() => UnitName + " world size " + WorldSize.ToString(CultureInfo.InvariantCulture);
}
