using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;
using QuickReduce.Generators.Usage;

namespace QuickReduce.CodeFixes;

/// <summary>What code asks a kernel set for that the set does not declare.</summary>
/// <param name="Set">The set.</param>
/// <param name="Values">The value on each axis that was asked for.</param>
/// <param name="DataTypes">The data types that it was asked for.</param>
/// <param name="WorldSize">The number of ranks that it was asked for; <see langword="null"/> where that is open.</param>
internal sealed record MissingVariant(
    UsedKernelSet Set,
    ImmutableArray<(AxisKind Axis, int Value)> Values,
    ImmutableArray<DataType> DataTypes,
    int? WorldSize)
{
    /// <summary>Name for the user: <c>Int4Group16</c>, <c>3 ranks</c>.</summary>
    public string Name => string.Join(", ", Values.Select(static value =>
        value.Axis == AxisKind.WorldSize ? value.Value.ToString(CultureInfo.InvariantCulture) + " ranks"
        : value.Axis == AxisKind.GroupSize ? "groups of " + value.Value.ToString(CultureInfo.InvariantCulture)
        : value.Axis.NameOf(value.Value)));

    /// <summary>What a diagnostic of ours says to be missing.</summary>
    public static MissingVariant? Of(Diagnostic diagnostic, Compilation compilation)
    {
        if (!diagnostic.Properties.TryGetValue(UsedKernelSet.DeclaringType, out var id)
            || id is null
            || DocumentationCommentId.GetFirstSymbolForDeclarationId(id, compilation) is not INamedTypeSymbol type
            || UsedKernelSet.TryRead(type) is not { } set)
        {
            return null;
        }

        foreach (var axis in AxisKind.All)
        {
            if (diagnostic.Properties.TryGetValue(axis.SingularName, out var text)
                && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
                && axis.IsSupported(value))
            {
                return new(set, [(axis, value)], DataTypesOf(set), axis == AxisKind.WorldSize ? value : null);
            }
        }

        return null;
    }

    /// <summary>What a name that a generated type lacks (CS0117) would be, if it were declared.</summary>
    public static MissingVariant? Of(SimpleNameSyntax name, SemanticModel model, CancellationToken cancellationToken)
    {
        if (name.Parent is not MemberAccessExpressionSyntax access
            || model.GetSymbolInfo(access.Expression, cancellationToken).Symbol is not INamedTypeSymbol type
            || KernelSets.TryCreate(model.Compilation) is not { } sets)
        {
            return null;
        }

        var text = name.Identifier.ValueText;
        if (sets.SetOf(type) is { Shape.IsUniform: false } own)
        {
            return SpecializationRules.WorldSizes.Where(worldSize => text == "CreateGroupOf" + worldSize)
                .Select(worldSize => new MissingVariant(own, [(AxisKind.WorldSize, worldSize)], DataTypesOf(own), worldSize))
                .FirstOrDefault();
        }

        if (sets.OwnerOfEnumeration(type) is not { } set)
        {
            return null;
        }

        if (set.RegimesOf(type) is not var (group, regimes))
        {
            return SpecializationRules.WorldSizes.Where(worldSize => text == BindingsShape.NameOfWorldSize(worldSize))
                .Select(worldSize => new MissingVariant(set, [(AxisKind.WorldSize, worldSize)], DataTypesOf(set), worldSize))
                .FirstOrDefault();
        }

        var formats = SpecializationRules.Modes.Select(static mode => new FormatShape(mode.Regime, mode.GroupSize, mode.ScaleFormat));
        return formats.Where(format => format.Name == text)
            .Select(format => new MissingVariant(
                set,
                ValuesOf(format),
                [.. group.Elements.Where(element => element.RegimeEnum == regimes.Name).Select(static element => element.DataType)],
                group.WorldSize))
            .FirstOrDefault();
    }

    /// <summary>What an attribute must name for a format: its regime, and what is not the default.</summary>
    private static ImmutableArray<(AxisKind Axis, int Value)> ValuesOf(FormatShape format)
    {
        var usual = new AllReduceMode(format.Regime);
        var values = ImmutableArray.Create((AxisKind.Regime, (int)format.Regime));
        values = format.GroupSize == usual.GroupSize ? values : values.Add((AxisKind.GroupSize, format.GroupSize));
        return format.ScaleFormat == usual.ScaleFormat ? values : values.Add((AxisKind.ScaleFormat, (int)format.ScaleFormat));
    }

    private static ImmutableArray<DataType> DataTypesOf(UsedKernelSet set) =>
        [.. set.Variants.Select(static variant => variant.DataType).Distinct()];
}
