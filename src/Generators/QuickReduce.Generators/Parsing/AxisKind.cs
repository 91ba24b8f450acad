using System.Collections.Immutable;
using System.Globalization;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.Parsing;

/// <summary>
/// An axis along which kernels are specialised: how attributes name it and which values it has. What the values mean
/// together is <see cref="SpecializationRules"/>' to say.
/// </summary>
internal sealed class AxisKind
{
    public static readonly AxisKind DataType = Enumeration(
        "DataTypes", "DataType", "Data type", SpecializationRules.DataTypes, [Codegen.DataType.Float16, Codegen.DataType.BFloat16]);

    public static readonly AxisKind Regime = Enumeration(
        "Regimes", "Regime", "Regime", SpecializationRules.Regimes, [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4]);

    public static readonly AxisKind WorldSize = new(
        "WorldSizes", "WorldSize", "World size", SpecializationRules.WorldSizes, [2, 4, 8], null);

    public static readonly AxisKind Algorithm = Enumeration(
        "Algorithms", "Algorithm", "Algorithm", SpecializationRules.Algorithms, [AllReduceAlgorithm.TwoShot]);

    public static readonly AxisKind GroupSize = new(
        "GroupSizes", "GroupSize", "Group size", SpecializationRules.GroupSizes, [SpecializationRules.DefaultGroupSize], null);

    public static readonly AxisKind ScaleFormat = Enumeration(
        "ScaleFormats", "ScaleFormat", "Scale format", SpecializationRules.ScaleFormats, [Codegen.ScaleFormat.BFloat16]);

    public static readonly AxisKind BlockSize = new(
        "BlockSizes", "BlockSize", "Block size", SpecializationRules.BlockSizes, [SpecializationRules.DefaultBlockSize], null);

    // 0 stands for what suits the algorithm.
    public static readonly AxisKind AtomsPerThread = new(
        "AtomsPerThread", "AtomsPerThread", "Number of atoms per thread", [0, .. SpecializationRules.AtomsPerThread], [0], null);

    private readonly Func<int, string> _nameOf;

    private AxisKind(
        string pluralName, string singularName, string title, IReadOnlyList<int> supported, IReadOnlyList<int> usual, Type? enumeration)
    {
        PluralName = pluralName;
        SingularName = singularName;
        Title = title;
        SupportedValues = supported;
        Usual = new(this, IsWritten: false, [.. usual.Select(static v => (int?)v)]);
        EnumerationName = enumeration?.Name;
        _nameOf = enumeration is null
            ? static value => value.ToString(CultureInfo.InvariantCulture)
            : value => Enum.GetName(enumeration, value) ?? value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>All axes; the first three are the parameters of the attribute for one kernel.</summary>
    public static ImmutableArray<AxisKind> All { get; } = [DataType, Regime, WorldSize, Algorithm, GroupSize, ScaleFormat, BlockSize, AtomsPerThread];

    /// <summary>Name of the property of the attribute for a cross product: <c>WorldSizes</c>.</summary>
    public string PluralName { get; }

    /// <summary>Name of the property of the attribute for one kernel: <c>WorldSize</c>.</summary>
    public string SingularName { get; }

    /// <summary>Name in messages: <c>World size</c>.</summary>
    public string Title { get; }

    /// <summary>Name of the enumeration whose members the values are; <see langword="null"/> for numbers.</summary>
    public string? EnumerationName { get; }

    /// <summary>Every value for which there are kernels, ascending.</summary>
    public IReadOnlyList<int> SupportedValues { get; }

    /// <summary>The axis of an attribute that does not name it.</summary>
    public Axis Usual { get; }

    /// <summary>The type of an attribute's array in C#: <c>int</c>, <c>QuantRegime</c>.</summary>
    public string ElementType => EnumerationName ?? "int";

    /// <summary>Place of a value among the supported ones; −1 for one that is not supported.</summary>
    public int IndexOf(int value)
    {
        // A handful of values, and no allocation for each attribute that the generator reads at each keystroke.
        for (var i = 0; i < SupportedValues.Count; i++)
        {
            if (SupportedValues[i] == value)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether there are kernels for a value.</summary>
    public bool IsSupported(int value) => IndexOf(value) >= 0;

    /// <summary>The supported value closest to one that is not; the smaller of two that are equally close.</summary>
    public int Nearest(int value) =>
        SupportedValues.OrderBy(supported => Math.Abs((long)supported - value)).ThenBy(static supported => supported).First();

    /// <summary>A value as C# spells it.</summary>
    public string NameOf(int value) => _nameOf(value);

    private static AxisKind Enumeration<T>(string pluralName, string singularName, string title, IReadOnlyList<T> supported, IReadOnlyList<T> usual)
        where T : struct, Enum =>
        new(pluralName, singularName, title, [.. supported.Select(ValueOf)], [.. usual.Select(ValueOf)], typeof(T));

    private static int ValueOf<T>(T value) => Convert.ToInt32(value, CultureInfo.InvariantCulture);
}
