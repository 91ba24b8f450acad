using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.Parsing;

/// <summary>
/// A class that declares kernels: what all its attributes in all its parts say, and what is wrong with it. The
/// generator and the analyzers look through this one type, so that what is generated and what is reported agree.
/// </summary>
internal sealed class KernelSetDeclaration
{
    private KernelSetDeclaration(INamedTypeSymbol type, ImmutableArray<KernelAttribute> attributes)
    {
        Type = type;
        Attributes = attributes;
    }

    /// <summary>The class.</summary>
    public INamedTypeSymbol Type { get; }

    /// <summary>Its attributes, in the compiler's order; at least one.</summary>
    public ImmutableArray<KernelAttribute> Attributes { get; }

    /// <summary>The types around the class, outermost first.</summary>
    public IEnumerable<INamedTypeSymbol> ContainingTypes
    {
        get
        {
            var types = new Stack<INamedTypeSymbol>();
            for (var type = Type.ContainingType; type is not null; type = type.ContainingType)
            {
                types.Push(type);
            }

            return types;
        }
    }

    /// <summary>The class and the types around it, outermost first.</summary>
    public IEnumerable<INamedTypeSymbol> TypeAndContainingTypes => ContainingTypes.Append(Type);

    /// <summary>The supported combinations that the attributes declare together: distinct, in order.</summary>
    public IReadOnlyList<KernelVariant> Variants =>
        [.. Attributes.SelectMany(static a => a.Variants).Distinct().OrderBy(static v => v)];

    /// <summary>Names that generated members need but that the class, its name or its base classes already use.</summary>
    public IEnumerable<(string Name, ISymbol TakenBy)> TakenNames
    {
        get
        {
            var variants = Variants;
            if (variants.Count == 0)
            {
                yield break;
            }

            foreach (var name in BindingsShape.Of(variants).MemberNames)
            {
                if (OwnerOf(name) is { } owner)
                {
                    yield return (name, owner);
                }
            }
        }
    }

    /// <summary>Reads a class; <see langword="null"/> if it has none of our attributes.</summary>
    public static KernelSetDeclaration? TryRead(INamedTypeSymbol type)
    {
        if (type.TypeKind != TypeKind.Class)
        {
            return null;
        }

        var attributes = type.GetAttributes().Select(KernelAttribute.TryRead).OfType<KernelAttribute>().ToImmutableArray();
        return attributes.IsEmpty ? null : new(type, attributes);
    }

    /// <summary>
    /// The name under which the class appears in generated files. Namespace, containing types and class name joined by
    /// dots; the same as <see cref="KernelSetModel.QualifiedName"/>.
    /// </summary>
    public string QualifiedName => ModelOf([]).QualifiedName;

    /// <summary>Whether every part of a type is declared partial.</summary>
    public static bool IsPartial(INamedTypeSymbol type, CancellationToken cancellationToken) =>
        type.DeclaringSyntaxReferences.All(r =>
            r.GetSyntax(cancellationToken) is not TypeDeclarationSyntax declaration || declaration.Modifiers.Any(SyntaxKind.PartialKeyword));

    /// <summary>The model to generate from; <see langword="null"/> if the class cannot be generated for.</summary>
    public KernelSetModel? ToModel(CancellationToken cancellationToken)
    {
        var isRefused = Type.Name.Length == 0
            || TypeAndContainingTypes.Any(t => t.IsGenericType || t.IsFileLocal || KeywordOf(t) is null || !IsPartial(t, cancellationToken))
            || TakenNames.Any();
        var variants = Variants;
        return isRefused || variants.Count == 0 ? null : ModelOf(variants);
    }

    private KernelSetModel ModelOf(IReadOnlyList<KernelVariant> variants) => new(
        Type.ContainingNamespace.IsGlobalNamespace
            ? string.Empty
            : string.Join(".", Type.ContainingNamespace.ToDisplayString().Split('.').Select(static part => Escape(part.TrimStart('@')))),
        new(ContainingTypes.Select(DeclarationOf)),
        DeclarationOf(Type),
        new(variants));

    private static TypeDeclaration DeclarationOf(INamedTypeSymbol type) => new(KeywordOf(type) ?? "class", Escape(type.Name));

    private static string? KeywordOf(INamedTypeSymbol type) => (type.TypeKind, type.IsRecord) switch
    {
        (TypeKind.Class, false) => "class",
        (TypeKind.Class, true) => "record",
        (TypeKind.Struct, false) => "struct",
        (TypeKind.Struct, true) => "record struct",
        (TypeKind.Interface, _) => "interface",
        _ => null,
    };

    private static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None
            ? "@" + name
            : name;

    private ISymbol? OwnerOf(string name)
    {
        if (Type.Name == name)
        {
            return Type;
        }

        for (var type = Type; type is not null; type = type.BaseType)
        {
            foreach (var member in type.GetMembers(name))
            {
                var isOwn = SymbolEqualityComparer.Default.Equals(type, Type);
                if (isOwn ? !IsGenerated(member) : IsVisibleHere(member))
                {
                    return member;
                }
            }
        }

        return null;
    }

    /// <summary>Analyzers, unlike the generator, see the class with its generated members.</summary>
    private static bool IsGenerated(ISymbol member) => member.GetAttributes().Any(static a =>
        a.AttributeClass?.Name == "GeneratedCodeAttribute"
        && a.ConstructorArguments.FirstOrDefault().Value is BindingsRenderer.ToolName);

    private bool IsVisibleHere(ISymbol member) => member.DeclaredAccessibility switch
    {
        Accessibility.Private => false,
        Accessibility.Internal or Accessibility.ProtectedAndInternal =>
            SymbolEqualityComparer.Default.Equals(member.ContainingAssembly, Type.ContainingAssembly)
            || member.ContainingAssembly.GivesAccessTo(Type.ContainingAssembly),
        _ => true,
    };
}
