using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Usage;

/// <summary>A kernel set as code that uses it sees it: declared in this compilation or in a referenced assembly.</summary>
internal sealed class UsedKernelSet
{
    /// <summary>Key of a diagnostic's property: the class that declares the set, as a documentation id.</summary>
    public const string DeclaringType = nameof(DeclaringType);

    private UsedKernelSet(KernelSetDeclaration declaration, IReadOnlyList<KernelVariant> variants)
    {
        Declaration = declaration;
        Variants = variants;
        Shape = BindingsShape.Of(variants);
    }

    /// <summary>What its attributes say.</summary>
    public KernelSetDeclaration Declaration { get; }

    /// <summary>The declared variants, in order; at least one.</summary>
    public IReadOnlyList<KernelVariant> Variants { get; }

    /// <summary>The types and members that were generated.</summary>
    public BindingsShape Shape { get; }

    /// <summary>The set of a class; <see langword="null"/> if it declares none.</summary>
    public static UsedKernelSet? TryRead(INamedTypeSymbol type) =>
        KernelSetDeclaration.TryRead(type) is { } declaration && declaration.Variants is { Count: > 0 } variants ? new(declaration, variants) : null;

    /// <summary>The generated enumeration of regimes that a type is; <see langword="null"/> if it is none of this set's.</summary>
    public (GroupShape Group, RegimeEnumShape Regimes)? RegimesOf(INamedTypeSymbol enumeration)
    {
        foreach (var group in Shape.Groups)
        {
            if (Shape.IsUniform || enumeration.ContainingType.Name == group.TypeName)
            {
                foreach (var regimes in group.RegimeEnums)
                {
                    if (regimes.Name == enumeration.Name)
                    {
                        return (group, regimes);
                    }
                }
            }
        }

        return null;
    }

    /// <summary>Properties of a diagnostic that lead a code fix to the set's declaration and to the value it lacks.</summary>
    public ImmutableDictionary<string, string?> Lacking(AxisKind axis, int value) => ImmutableDictionary<string, string?>.Empty
        .Add(DeclaringType, DocumentationCommentId.CreateDeclarationId(Declaration.Type))
        .Add(axis.SingularName, value.ToString(CultureInfo.InvariantCulture));
}
