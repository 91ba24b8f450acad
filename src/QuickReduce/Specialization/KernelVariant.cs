using System.Globalization;

#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// One point of the specialisation space: what one generated kernel is for. Value-equal and ordered by its axes, so
/// that everything derived from a set of variants is deterministic. <see cref="SpecializationRules"/> says which
/// points there are kernels for.
/// </summary>
/// <param name="DataType">Element type.</param>
/// <param name="Regime">Wire format.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="Algorithm">How the ranks share the work.</param>
public readonly record struct KernelVariant(
    DataType DataType,
    QuantRegime Regime,
    int WorldSize,
    AllReduceAlgorithm Algorithm = AllReduceAlgorithm.TwoShot) : IComparable<KernelVariant>
{
    /// <summary>The variant, with the default geometry, whose elements travel as a mode says.</summary>
    /// <param name="dataType">Element type.</param>
    /// <param name="mode">How elements travel.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="algorithm">How the ranks share the work.</param>
    public KernelVariant(DataType dataType, AllReduceMode mode, int worldSize, AllReduceAlgorithm algorithm = AllReduceAlgorithm.TwoShot)
        : this(dataType, mode.Regime, worldSize, algorithm)
    {
        GroupSize = mode.GroupSize;
        ScaleFormat = mode.ScaleFormat;
    }

    /// <summary>Elements that share one scale; 0 in full precision, which has no scales.</summary>
    public int GroupSize { get; init; } = Regime == QuantRegime.FP ? 0 : SpecializationRules.DefaultGroupSize;

    /// <summary>How scales travel; <see cref="ScaleFormat.BFloat16"/> in full precision, which has none.</summary>
    public ScaleFormat ScaleFormat { get; init; }

    /// <summary>Threads per block, and lanes per row of the wire. Changes the speed, never the result.</summary>
    public int BlockSize { get; init; } = SpecializationRules.DefaultBlockSize;

    /// <summary>
    /// Most atoms of 16 bytes that a thread has of one tile (<see cref="KernelGeometry.RowsPerTile"/>). Changes the
    /// speed, never the result.
    /// </summary>
    public int AtomsPerThread { get; init; } = SpecializationRules.DefaultAtomsPerThread(Algorithm);

    /// <summary>How elements travel: what a call asks for.</summary>
    public AllReduceMode Mode => new(Regime, GroupSize, ScaleFormat);

    /// <summary>Whether a kernel can be generated; if not, <see cref="SpecializationRules.Refusal"/> says why.</summary>
    public bool IsSupported => SpecializationRules.Refusal(this) is null;

    /// <summary>
    /// Name of the translation unit that holds this variant's kernel, for example <c>float16_int4</c>; axes that have
    /// their defaults are not named.
    /// </summary>
    public string UnitName =>
        NameOf(DataType) + "_" + NameOf(Mode)
        + Part("_block", BlockSize, SpecializationRules.DefaultBlockSize);

    /// <summary>Name of the variant within its unit, for example <c>two_shot_world4</c>.</summary>
    public string ScopeName =>
        NameOf(Algorithm) + "_world" + Number(WorldSize)
        + Part("_atoms", AtomsPerThread, SpecializationRules.DefaultAtomsPerThread(Algorithm));

    /// <summary>
    /// Name of the kernel's entry point, for example <c>two_shot_all_reduce_float16_int4_world4</c>; the same in the
    /// generated source, in the code objects and in messages.
    /// </summary>
    public string KernelName =>
        NameOf(Algorithm) + "_all_reduce_" + UnitName + "_world" + Number(WorldSize)
        + Part("_atoms", AtomsPerThread, SpecializationRules.DefaultAtomsPerThread(Algorithm));

    // Equality is written out: what the compiler makes compares through a comparer of every type, each of which is compiled when a process starts.

    /// <inheritdoc/>
    public bool Equals(KernelVariant other) =>
        DataType == other.DataType && Regime == other.Regime && WorldSize == other.WorldSize && Algorithm == other.Algorithm
        && GroupSize == other.GroupSize && ScaleFormat == other.ScaleFormat && BlockSize == other.BlockSize && AtomsPerThread == other.AtomsPerThread;

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        const int Factor = 31;
        var hash = (int)DataType;
        hash = unchecked(hash * Factor + (int)Regime);
        hash = unchecked(hash * Factor + WorldSize);
        hash = unchecked(hash * Factor + (int)Algorithm);
        hash = unchecked(hash * Factor + GroupSize);
        hash = unchecked(hash * Factor + (int)ScaleFormat);
        hash = unchecked(hash * Factor + BlockSize);
        return unchecked(hash * Factor + AtomsPerThread);
    }

    /// <inheritdoc/>
    public int CompareTo(KernelVariant other)
    {
        var order = DataType.CompareTo(other.DataType);
        order = order != 0 ? order : Regime.CompareTo(other.Regime);
        order = order != 0 ? order : GroupSize.CompareTo(other.GroupSize);
        order = order != 0 ? order : ScaleFormat.CompareTo(other.ScaleFormat);
        order = order != 0 ? order : BlockSize.CompareTo(other.BlockSize);
        order = order != 0 ? order : Algorithm.CompareTo(other.Algorithm);
        order = order != 0 ? order : WorldSize.CompareTo(other.WorldSize);
        return order != 0 ? order : AtomsPerThread.CompareTo(other.AtomsPerThread);
    }

    /// <summary>Compares in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(KernelVariant left, KernelVariant right) => left.CompareTo(right) < 0;

    /// <summary>Compares in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(KernelVariant left, KernelVariant right) => left.CompareTo(right) > 0;

    /// <summary>Compares in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(KernelVariant left, KernelVariant right) => left.CompareTo(right) <= 0;

    /// <summary>Compares in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(KernelVariant left, KernelVariant right) => left.CompareTo(right) >= 0;

    /// <summary>The name of a data type in kernels, files and messages: <c>float16</c>, <c>bfloat16</c>, <c>float32</c>.</summary>
    public static string NameOf(DataType dataType) => dataType switch
    {
        DataType.Float16 => "float16",
        DataType.BFloat16 => "bfloat16",
        DataType.Float32 => "float32",
        _ => throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type."),
    };

    /// <summary>The name of a regime in kernels, files and messages: <c>fp</c>, <c>int2</c> … <c>int8</c>.</summary>
    public static string NameOf(QuantRegime regime) => regime switch
    {
        QuantRegime.FP => "fp",
        >= QuantRegime.Int2 and <= QuantRegime.Int8 => "int" + Number((int)regime),
        _ => throw new ArgumentOutOfRangeException(nameof(regime), regime, "Unknown regime."),
    };

    /// <summary>The name of a mode in kernels, files and messages: <c>fp</c>, <c>int4</c>, <c>int4_group16</c>, <c>int4_group16_shared</c>.</summary>
    public static string NameOf(AllReduceMode mode) =>
        NameOf(mode.Regime)
        + Part("_group", mode.GroupSize, new AllReduceMode(mode.Regime).GroupSize)
        + (mode.ScaleFormat == ScaleFormat.SharedExponent ? "_shared" : string.Empty);

    /// <summary>The name of a scale format in files and messages: <c>bfloat16</c>, <c>shared_exponent</c>.</summary>
    public static string NameOf(ScaleFormat scaleFormat) => scaleFormat switch
    {
        ScaleFormat.BFloat16 => "bfloat16",
        ScaleFormat.SharedExponent => "shared_exponent",
        _ => throw new ArgumentOutOfRangeException(nameof(scaleFormat), scaleFormat, "Unknown scale format."),
    };

    /// <summary>The name of an algorithm in kernels, files and messages: <c>two_shot</c>, <c>one_shot</c>, <c>direct</c>.</summary>
    public static string NameOf(AllReduceAlgorithm algorithm) => algorithm switch
    {
        AllReduceAlgorithm.TwoShot => "two_shot",
        AllReduceAlgorithm.OneShot => "one_shot",
        AllReduceAlgorithm.Direct => "direct",
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Unknown algorithm."),
    };

    /// <inheritdoc/>
    public override string ToString() => UnitName + " " + ScopeName;

    private static string Part(string name, int value, int usual) => value == usual ? string.Empty : name + Number(value);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
