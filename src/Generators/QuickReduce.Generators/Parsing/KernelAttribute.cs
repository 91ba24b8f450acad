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

    /// <summary>The axes, in the order of <see cref="AxisKind.All"/>; none where the attribute's arguments do not bind.</summary>
    public ImmutableArray<Axis> Axes { get; }

    /// <summary>Where the attribute was applied.</summary>
    public SyntaxReference? Application => _data.ApplicationSyntaxReference;

    /// <summary>The combinations of possible values that the attribute declares, each once, possible together or not.</summary>
    public IEnumerable<KernelVariant> Combinations =>
        (Axes.IsEmpty
            ? []
            : from dataType in ValuesOf(AxisKind.DataType)
              from regime in ValuesOf(AxisKind.Regime)
              from worldSize in ValuesOf(AxisKind.WorldSize)
              from algorithm in ValuesOf(AxisKind.Algorithm)
              from groupSize in ValuesOf(AxisKind.GroupSize)
              from blockSize in ValuesOf(AxisKind.BlockSize)
              from atoms in ValuesOf(AxisKind.AtomsPerThread)
              select VariantOf((DataType)dataType, (QuantRegime)regime, worldSize, (AllReduceAlgorithm)algorithm, groupSize, blockSize, atoms))
        .Distinct();

    /// <summary>The supported combinations that the attribute declares, each once.</summary>
    public IEnumerable<KernelVariant> Variants => Combinations.Where(static v => v.IsSupported);

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

    private IEnumerable<int> ValuesOf(AxisKind kind) => Axes.First(axis => axis.Kind == kind).UsableValues;

    /// <summary>Full precision has no groups, whatever group sizes are declared beside it.</summary>
    private static KernelVariant VariantOf(
        DataType dataType, QuantRegime regime, int worldSize, AllReduceAlgorithm algorithm, int groupSize, int blockSize, int atoms)
    {
        var variant = new KernelVariant(dataType, regime, worldSize, algorithm) { BlockSize = blockSize };
        return variant with
        {
            GroupSize = regime == QuantRegime.FP ? 0 : groupSize,
            AtomsPerThread = atoms == 0 ? variant.AtomsPerThread : atoms,
        };
    }

    private static ImmutableArray<Axis> ReadKernels(AttributeData data)
    {
        var axes = AxisKind.All
            .Select(kind => data.NamedArguments.Where(a => a.Key == kind.PluralName).Select(a => Axis.FromArray(kind, a.Value)).FirstOrDefault() ?? Axis.Default(kind))
            .ToImmutableArray();
        return AllBound(data, axes, static kind => kind.PluralName) ? axes : [];
    }

    private static ImmutableArray<Axis> ReadKernel(AttributeData data)
    {
        var arguments = data.ConstructorArguments;
        if (arguments.Length != ArgumentsOfKernel)
        {
            return [];
        }

        var axes = AxisKind.All
            .Select((kind, i) => i < ArgumentsOfKernel
                ? Axis.FromSingle(kind, arguments[i])
                : data.NamedArguments.Where(a => a.Key == kind.SingularName).Select(a => Axis.FromSingle(kind, a.Value)).FirstOrDefault() ?? Axis.Default(kind))
            .ToImmutableArray();
        return AllBound(data, axes, static kind => kind.SingularName) ? axes : [];
    }

    /// <summary>
    /// An argument that is written but missing from the data did not bind. Taking the default instead would generate
    /// kernels that nobody asked for, on every keystroke.
    /// </summary>
    private static bool AllBound(AttributeData data, ImmutableArray<Axis> axes, Func<AxisKind, string> nameOf) =>
        NamesWritten(data).All(name => axes.FirstOrDefault(axis => nameOf(axis.Kind) == name) is not { IsWritten: false });

    private static IEnumerable<string> NamesWritten(AttributeData data) =>
        data.ApplicationSyntaxReference?.GetSyntax() is AttributeSyntax { ArgumentList: { } list }
            ? list.Arguments.Select(static a => a.NameEquals?.Name.Identifier.ValueText).OfType<string>()
            : [];

    private AttributeArgumentSyntax? ArgumentOf(Axis axis, CancellationToken cancellationToken)
    {
        if (Application?.GetSyntax(cancellationToken) is not AttributeSyntax { ArgumentList: { } list })
        {
            return null;
        }

        var property = KnownAttributes.IsKernels(_data.AttributeClass) ? axis.Kind.PluralName : axis.Kind.SingularName;
        if (list.Arguments.FirstOrDefault(a => a.NameEquals?.Name.Identifier.ValueText == property) is { } named)
        {
            return named;
        }

        // Constructor arguments may be written by name in any order.
        var position = Axes.IndexOf(axis);
        var parameter = _data.AttributeConstructor?.Parameters.ElementAtOrDefault(position)?.Name;
        return list.Arguments.FirstOrDefault(a => a.NameColon is { } name && name.Name.Identifier.ValueText == parameter)
            ?? (parameter is null ? null : list.Arguments.ElementAtOrDefault(position));
    }
}
