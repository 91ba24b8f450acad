using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.Parsing;

/// <summary>One attribute on a class, read but not judged. Holds compiler objects: never part of a pipeline's model.</summary>
internal sealed class KernelAttribute
{
    private const int ArgumentsOfKernel = 3;

    private readonly AttributeData _data;

    private KernelAttribute(AttributeData data, ImmutableArray<Axis> axes)
    {
        _data = data;
        Axes = axes;
    }

    /// <summary>The three axes, or none where the attribute's arguments do not bind.</summary>
    public ImmutableArray<Axis> Axes { get; }

    /// <summary>Where the attribute was applied.</summary>
    public SyntaxReference? Application => _data.ApplicationSyntaxReference;

    /// <summary>The supported combinations that the attribute declares, each once.</summary>
    public IEnumerable<KernelVariant> Variants =>
        Axes.IsEmpty
            ? []
            : from dataType in Axes[0].UsableValues
              from regime in Axes[1].UsableValues
              from worldSize in Axes[2].UsableValues
              select new KernelVariant((DataType)dataType, (QuantRegime)regime, worldSize);

    /// <summary>Reads an attribute; <see langword="null"/> if it is none of ours.</summary>
    public static KernelAttribute? TryRead(AttributeData data)
    {
        if (KnownAttributes.IsKernels(data.AttributeClass))
        {
            return new(data, ReadKernels(data));
        }

        return KnownAttributes.IsKernel(data.AttributeClass) ? new(data, ReadKernel(data)) : null;
    }

    /// <summary>Where the attribute is, or nowhere for one that was not written in source.</summary>
    public Location LocationOf(CancellationToken cancellationToken) =>
        Application?.GetSyntax(cancellationToken).GetLocation() ?? Location.None;

    /// <summary>Where the argument of an axis is, or the attribute if it cannot be told apart.</summary>
    public Location LocationOf(Axis axis, CancellationToken cancellationToken) =>
        ArgumentOf(axis, cancellationToken)?.GetLocation() ?? LocationOf(cancellationToken);

    /// <summary>Where one value of an axis is, or the closest that can be told apart.</summary>
    public Location LocationOf(Axis axis, int index, CancellationToken cancellationToken)
    {
        var argument = ArgumentOf(axis, cancellationToken);
        var elements = argument?.Expression switch
        {
            CollectionExpressionSyntax collection => collection.Elements.ToArray<SyntaxNode>(),
            ImplicitArrayCreationExpressionSyntax array => array.Initializer.Expressions.ToArray<SyntaxNode>(),
            ArrayCreationExpressionSyntax { Initializer: { } initializer } => initializer.Expressions.ToArray<SyntaxNode>(),
            _ => [],
        };
        return elements.Length == axis.Values.Length
            ? elements[index].GetLocation()
            : argument?.Expression.GetLocation() ?? LocationOf(cancellationToken);
    }

    private static ImmutableArray<Axis> ReadKernels(AttributeData data)
    {
        var axes = ImmutableArray.Create(Axis.Default(AxisKind.DataType), Axis.Default(AxisKind.Regime), Axis.Default(AxisKind.WorldSize));
        foreach (var argument in data.NamedArguments)
        {
            var kind = KindOf(argument.Key);
            if (kind is { } known)
            {
                axes = axes.SetItem((int)known, Axis.FromArray(known, argument.Value));
            }
        }

        // An argument that is written but missing from the data did not bind. Taking the default instead would
        // generate kernels that nobody asked for, on every keystroke.
        return NamesWritten(data).Any(name => KindOf(name) is { } kind && !axes[(int)kind].IsWritten) ? [] : axes;
    }

    private static ImmutableArray<Axis> ReadKernel(AttributeData data)
    {
        var arguments = data.ConstructorArguments;
        return arguments.Length == ArgumentsOfKernel
            ? [
                Axis.FromSingle(AxisKind.DataType, arguments[0]),
                Axis.FromSingle(AxisKind.Regime, arguments[1]),
                Axis.FromSingle(AxisKind.WorldSize, arguments[2]),
            ]
            : [];
    }

    private static IEnumerable<string> NamesWritten(AttributeData data) =>
        data.ApplicationSyntaxReference?.GetSyntax() is AttributeSyntax { ArgumentList: { } list }
            ? list.Arguments.Select(static a => a.NameEquals?.Name.Identifier.ValueText).OfType<string>()
            : [];

    private static AxisKind? KindOf(string argumentName) => argumentName switch
    {
        KnownAttributes.DataTypes => AxisKind.DataType,
        KnownAttributes.Regimes => AxisKind.Regime,
        KnownAttributes.WorldSizes => AxisKind.WorldSize,
        _ => null,
    };

    private AttributeArgumentSyntax? ArgumentOf(Axis axis, CancellationToken cancellationToken)
    {
        if (Application?.GetSyntax(cancellationToken) is not AttributeSyntax { ArgumentList: { } list })
        {
            return null;
        }

        if (KnownAttributes.IsKernels(_data.AttributeClass))
        {
            return list.Arguments.FirstOrDefault(a => a.NameEquals is { } name && KindOf(name.Name.Identifier.ValueText) == axis.Kind);
        }

        // Constructor arguments may be written by name in any order.
        var parameter = _data.AttributeConstructor?.Parameters.ElementAtOrDefault((int)axis.Kind)?.Name;
        return list.Arguments.FirstOrDefault(a => a.NameColon is { } name && name.Name.Identifier.ValueText == parameter)
            ?? list.Arguments.ElementAtOrDefault((int)axis.Kind);
    }
}
