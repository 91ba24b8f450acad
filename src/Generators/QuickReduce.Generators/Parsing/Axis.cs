using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.Parsing;

/// <summary>One of the three axes along which kernels are specialised.</summary>
internal enum AxisKind
{
    DataType,
    Regime,
    WorldSize,
}

/// <summary>
/// The values that an attribute gives on one axis, as they were written: supported or not, repeated or not.
/// </summary>
/// <param name="Kind">The axis.</param>
/// <param name="IsWritten">Whether the attribute names the axis; if not, <paramref name="Values"/> are the defaults.</param>
/// <param name="Values">
/// The values in the order written; <see langword="null"/> where one does not bind, which is the compiler's to report.
/// </param>
internal sealed record Axis(AxisKind Kind, bool IsWritten, ImmutableArray<int?> Values)
{
    private static readonly int[] AllDataTypes = [.. ((DataType[])Enum.GetValues(typeof(DataType))).Select(static v => (int)v)];
    private static readonly int[] AllRegimes = [.. ((QuantRegime[])Enum.GetValues(typeof(QuantRegime))).Select(static v => (int)v)];

    /// <summary>Every value of an axis for which kernels can be generated.</summary>
    public static IReadOnlyList<int> SupportedValues(AxisKind kind) => kind switch
    {
        AxisKind.DataType => AllDataTypes,
        AxisKind.Regime => AllRegimes,
        _ => KernelVariant.SupportedWorldSizes,
    };

    /// <summary>Whether kernels can be generated for a value.</summary>
    public static bool IsSupported(AxisKind kind, int value) => SupportedValues(kind).Contains(value);

    /// <summary>The supported ones among the values, each once, ascending.</summary>
    public IEnumerable<int> UsableValues =>
        Values.OfType<int>().Where(v => IsSupported(Kind, v)).Distinct().OrderBy(static v => v);

    /// <summary>The axis of an attribute that does not name it.</summary>
    public static Axis Default(AxisKind kind) => new(kind, IsWritten: false, [.. SupportedValues(kind).Select(static v => (int?)v)]);

    /// <summary>The axis given by an array argument.</summary>
    public static Axis FromArray(AxisKind kind, TypedConstant argument) =>
        new(kind, IsWritten: true, argument.Kind switch
        {
            // A null array is an empty axis; anything that is no array at all did not bind.
            TypedConstantKind.Array when argument.IsNull => [],
            TypedConstantKind.Array => [.. argument.Values.Select(ValueOf)],
            _ => [null],
        });

    /// <summary>The axis given by a single value.</summary>
    public static Axis FromSingle(AxisKind kind, TypedConstant argument) => new(kind, IsWritten: true, [ValueOf(argument)]);

    private static int? ValueOf(TypedConstant constant) =>
        constant.Kind is TypedConstantKind.Enum or TypedConstantKind.Primitive ? constant.Value as int? : null;
}
