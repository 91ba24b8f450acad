using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace QuickReduce.Generators.Parsing;

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
    /// <summary>The axis given by an array argument.</summary>
    public static Axis FromArray(AxisKind kind, TypedConstant argument) =>
        new(kind, IsWritten: true, argument.Kind switch
        {
            // A null array is an empty axis; anything that is no array at all did not bind.
            TypedConstantKind.Array when argument.IsNull => [],
            TypedConstantKind.Array => ImmutableArray.CreateRange(argument.Values, ValueOf),
            _ => [null],
        });

    /// <summary>The axis given by a single value.</summary>
    public static Axis FromSingle(AxisKind kind, TypedConstant argument) => new(kind, IsWritten: true, [ValueOf(argument)]);

    private static int? ValueOf(TypedConstant constant) =>
        constant.Kind is TypedConstantKind.Enum or TypedConstantKind.Primitive ? constant.Value as int? : null;
}
