using System.Globalization;

#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// Which kernels there are: the values of every axis and the rules that combine them, in one place. The generator
/// leaves out what is refused here, the analyzers report it with these words, the run time throws with them, and
/// <c>docs/specialization.md</c> is held to them by a test.
/// </summary>
public static class SpecializationRules
{
    /// <summary>Group size where none is declared: QuickReduce's own.</summary>
    public const int DefaultGroupSize = 32;

    /// <summary>Threads per block where none are declared.</summary>
    public const int DefaultBlockSize = 256;

    /// <summary>Most ranks that a kernel can have.</summary>
    public const int MaxWorldSize = 8;

    /// <summary>Element types.</summary>
    public static IReadOnlyList<DataType> DataTypes { get; } = [DataType.Float16, DataType.BFloat16, DataType.Float32];

    /// <summary>Regimes, full precision first, then by width.</summary>
    public static IReadOnlyList<QuantRegime> Regimes { get; } =
    [
        QuantRegime.FP, QuantRegime.Int2, QuantRegime.Int3, QuantRegime.Int4, QuantRegime.Int5, QuantRegime.Int6, QuantRegime.Int7, QuantRegime.Int8,
    ];

    /// <summary>Algorithms.</summary>
    public static IReadOnlyList<AllReduceAlgorithm> Algorithms { get; } = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot, AllReduceAlgorithm.Direct];

    /// <summary>World sizes.</summary>
    public static IReadOnlyList<int> WorldSizes { get; } = [2, 3, 4, 5, 6, 7, 8];

    /// <summary>Group sizes of quantised regimes.</summary>
    public static IReadOnlyList<int> GroupSizes { get; } = [16, 32, 64, 128];

    /// <summary>Formats of the scales of quantised regimes.</summary>
    public static IReadOnlyList<ScaleFormat> ScaleFormats { get; } = [ScaleFormat.BFloat16, ScaleFormat.SharedExponent];

    /// <summary>Sizes of the groups that can share exponents: four of them are no more than one of the largest groups.</summary>
    public static IReadOnlyList<int> GroupSizesWithSharedExponents { get; } = [16, 32];

    /// <summary>Every way in which elements can travel: full precision, then by width, group size and scale format.</summary>
    public static IReadOnlyList<AllReduceMode> Modes => AllModes.Value;

    /// <summary>Threads per block.</summary>
    public static IReadOnlyList<int> BlockSizes { get; } = [128, 256, 512, 1024];

    /// <summary>Atoms per thread.</summary>
    public static IReadOnlyList<int> AtomsPerThread { get; } = [1, 2, 4, 8, 16, 32, 64];

    /// <summary>
    /// Atoms per thread where none are declared: many where a handshake per tile must pay, one where a tile has none.
    /// </summary>
    public static int DefaultAtomsPerThread(AllReduceAlgorithm algorithm) => algorithm == AllReduceAlgorithm.TwoShot ? 8 : 1;

    /// <summary>
    /// Why no kernel can be generated for a variant, as a sentence; <see langword="null"/> if one can.
    /// </summary>
    public static string? Refusal(KernelVariant variant)
    {
        if (!Exists(variant.DataType))
        {
            return "Data type " + variant.DataType + " does not exist; there are " + List(DataTypes) + ".";
        }

        if (!Exists(variant.Regime))
        {
            return "Regime " + variant.Regime + " does not exist; there are " + List(Regimes) + ".";
        }

        if (!Exists(variant.Algorithm))
        {
            return "Algorithm " + variant.Algorithm + " does not exist; there are " + List(Algorithms) + ".";
        }

        if (!Exists(variant.ScaleFormat))
        {
            return "Scale format " + variant.ScaleFormat + " does not exist; there are " + List(ScaleFormats) + ".";
        }

        return RefusalOf(variant.WorldSize, WorldSizes, "World size")
            ?? (variant.Regime == QuantRegime.FP && variant.GroupSize == 0 ? null : RefusalOf(variant.GroupSize, GroupSizes, "Group size"))
            ?? RefusalOf(variant.BlockSize, BlockSizes, "Block size")
            ?? RefusalOf(variant.AtomsPerThread, AtomsPerThread, "Number of atoms per thread")
            ?? RefusalOfCombination(variant);
    }

    /// <summary>
    /// Why the values of a variant, each of which is possible, cannot be combined; <see langword="null"/> if they can.
    /// </summary>
    public static string? RefusalOfCombination(KernelVariant variant)
    {
        if (variant.Regime == QuantRegime.FP && variant.GroupSize != 0)
        {
            return "Full precision has no groups: its group size is 0.";
        }

        if (variant.ScaleFormat == ScaleFormat.SharedExponent)
        {
            if (variant.Regime == QuantRegime.FP)
            {
                return "Full precision has no scales: its scale format is BFloat16.";
            }

            if (!IsOneOf(variant.GroupSize, GroupSizesWithSharedExponents))
            {
                return "Groups of " + Number(variant.GroupSize) + " cannot share exponents, only those of " + List(GroupSizesWithSharedExponents) + ": declare them in an attribute of their own, with ScaleFormat.BFloat16.";
            }
        }

        if (variant.DataType == DataType.Float32 && variant.Regime != QuantRegime.FP)
        {
            return "Float32 travels in full precision only, not as " + variant.Regime + ": declare it in an attribute of its own, with QuantRegime.FP.";
        }

        if (variant.Algorithm == AllReduceAlgorithm.Direct && variant.Regime != QuantRegime.FP)
        {
            return "The direct algorithm sends nothing that could be quantised, as " + variant.Regime + " is: declare it in an attribute of its own, with QuantRegime.FP.";
        }

        if (variant.Algorithm == AllReduceAlgorithm.TwoShot && variant.AtomsPerThread < variant.WorldSize)
        {
            return "A two-shot kernel for " + Number(variant.WorldSize) + " ranks needs at least " + Number(variant.WorldSize)
                + " atoms per thread, one for each rank's segment, not " + Number(variant.AtomsPerThread) + ".";
        }

        return null;
    }

    private static string? RefusalOf(int value, IReadOnlyList<int> possible, string name) =>
        IsOneOf(value, possible) ? null : name + " " + Number(value) + " is not possible; " + List(possible) + " are.";

    // Every rank that starts asks these of every variant, and LINQ over values of these types would have to be compiled first.
    // A test holds them against the lists above.
    private static bool Exists(DataType dataType) => dataType is DataType.Float16 or DataType.BFloat16 or DataType.Float32;

    private static bool Exists(QuantRegime regime) => regime is QuantRegime.FP or (>= QuantRegime.Int2 and <= QuantRegime.Int8);

    private static bool Exists(AllReduceAlgorithm algorithm) => algorithm is AllReduceAlgorithm.TwoShot or AllReduceAlgorithm.OneShot or AllReduceAlgorithm.Direct;

    private static bool Exists(ScaleFormat scaleFormat) => scaleFormat is ScaleFormat.BFloat16 or ScaleFormat.SharedExponent;

    private static bool IsOneOf(int value, IReadOnlyList<int> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] == value)
            {
                return true;
            }
        }

        return false;
    }

    private static string List<T>(IReadOnlyList<T> values)
    {
        var names = values.Select(static value => Convert.ToString(value, CultureInfo.InvariantCulture)).ToArray();
        return string.Join(", ", names.Take(names.Length - 1)) + " and " + names[names.Length - 1];
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Made when it is first asked for.</summary>
    private static class AllModes
    {
        public static readonly IReadOnlyList<AllReduceMode> Value =
        [
            .. from regime in Regimes
               from groupSize in regime == QuantRegime.FP ? [0] : GroupSizes
               from scaleFormat in ScaleFormats
               let mode = new AllReduceMode(regime, groupSize, scaleFormat)
               where RefusalOfCombination(new KernelVariant(DataType.Float16, mode, MaxWorldSize)) is null
               select mode,
        ];
    }
}
