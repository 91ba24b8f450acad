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

    /// <summary>The supported values on every axis.</summary>
    public AxisProduct Product => AxisProduct.Of(Axes);

    /// <summary>The combinations of supported values that the attribute declares, each once, possible together or not.</summary>
    public IEnumerable<KernelVariant> Combinations => Product.Combinations;

    /// <summary>The supported combinations that the attribute declares, each once.</summary>
    public IEnumerable<KernelVariant> Variants => Combinations.Where(static v => v.IsSupported);

    /// <summary>Whether this is the attribute for a cross product, not the one for a single kernel.</summary>
    public bool IsProduct => KnownAttributes.IsKernels(_data.AttributeClass);

    /// <summary>What the attribute allows its kernels.</summary>
    public KernelBudget Budget => DeclaredBudget.Of(_data);

    /// <summary>Whether the compiler describes this application of the attribute by that object.</summary>
    public bool Is(AttributeData data) => ReferenceEquals(_data, data);

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
        var axes = ImmutableArray.CreateBuilder<Axis>(AxisKind.All.Length);
        foreach (var kind in AxisKind.All)
        {
            axes.Add(TryFind(data, kind.PluralName, out var argument) ? Axis.FromArray(kind, argument) : kind.Usual);
        }

        return AllBound(data) ? axes.MoveToImmutable() : [];
    }

    private static ImmutableArray<Axis> ReadKernel(AttributeData data)
    {
        var arguments = data.ConstructorArguments;
        if (arguments.Length != ArgumentsOfKernel)
        {
            return [];
        }

        var axes = ImmutableArray.CreateBuilder<Axis>(AxisKind.All.Length);
        foreach (var kind in AxisKind.All)
        {
            axes.Add(
                axes.Count < ArgumentsOfKernel ? Axis.FromSingle(kind, arguments[axes.Count])
                : TryFind(data, kind.SingularName, out var argument) ? Axis.FromSingle(kind, argument)
                : kind.Usual);
        }

        return AllBound(data) ? axes.MoveToImmutable() : [];
    }

    private static bool TryFind(AttributeData data, string name, out TypedConstant argument)
    {
        foreach (var named in data.NamedArguments)
        {
            if (named.Key == name)
            {
                argument = named.Value;
                return true;
            }
        }

        argument = default;
        return false;
    }

    /// <summary>
    /// An argument that is written but missing from the data did not bind. Taking the default instead would generate
    /// kernels that nobody asked for, on every keystroke.
    /// </summary>
    private static bool AllBound(AttributeData data)
    {
        if (data.ApplicationSyntaxReference?.GetSyntax() is not AttributeSyntax { ArgumentList: { } list })
        {
            return true;
        }

        foreach (var written in list.Arguments)
        {
            if (written.NameEquals is { Name.Identifier.ValueText: var name }
                && AxisKind.All.Any(kind => kind.PluralName == name || kind.SingularName == name)
                && !TryFind(data, name, out _))
            {
                return false;
            }
        }

        return true;
    }

    private AttributeArgumentSyntax? ArgumentOf(Axis axis, CancellationToken cancellationToken)
    {
        if (Application?.GetSyntax(cancellationToken) is not AttributeSyntax { ArgumentList: { } list })
        {
            return null;
        }

        var property = IsProduct ? axis.Kind.PluralName : axis.Kind.SingularName;
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
