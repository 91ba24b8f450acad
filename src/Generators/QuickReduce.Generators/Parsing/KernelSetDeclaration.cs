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
    public IReadOnlyList<KernelVariant> Variants => KernelSetOutline.VariantsOf(Attributes.Select(static a => a.Product));

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

            var needed = BindingsShape.Of(variants).MemberNames;
            foreach (var (name, owner) in OwnersOfPossibleNames().GroupBy(static taken => taken.Name, static (_, owners) => owners.First()))
            {
                if (needed.Contains(name))
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

        var attributes = ImmutableArray<KernelAttribute>.Empty;
        foreach (var data in type.GetAttributes())
        {
            attributes = KernelAttribute.TryRead(data) is { } attribute ? attributes.Add(attribute) : attributes;
        }

        return attributes.IsEmpty ? null : new(type, attributes);
    }

    /// <summary>
    /// The name under which the class appears in generated files. Namespace, containing types and class name joined by
    /// dots; the same as <see cref="KernelSetModel.QualifiedName"/>.
    /// </summary>
    public string QualifiedName =>
        KernelSetModel.QualifiedNameOf(NamespaceOf(Type.ContainingNamespace), ContainingTypes.Select(DeclarationOf), DeclarationOf(Type));

    /// <summary>Whether every part of a type is declared partial.</summary>
    public static bool IsPartial(INamedTypeSymbol type, CancellationToken cancellationToken)
    {
        foreach (var reference in type.DeclaringSyntaxReferences)
        {
            if (reference.GetSyntax(cancellationToken) is TypeDeclarationSyntax declaration && !declaration.Modifiers.Any(SyntaxKind.PartialKeyword))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What to generate from; <see langword="null"/> if the class is declared so that nothing can be.</summary>
    public KernelSetOutline? ToOutline(CancellationToken cancellationToken)
    {
        for (var type = Type; type is not null; type = type.ContainingType)
        {
            if (type.Name.Length == 0 || type.IsGenericType || type.IsFileLocal || KeywordOf(type) is null || !IsPartial(type, cancellationToken))
            {
                return null;
            }
        }

        return new(
            NamespaceOf(Type.ContainingNamespace),
            Type.ContainingType is null ? default : new(ContainingTypes.Select(DeclarationOf)),
            DeclarationOf(Type),
            new(Attributes.Select(static attribute => attribute.Product)),
            new(OwnersOfPossibleNames().Select(static taken => taken.Name)));
    }

    /// <summary>Where the attributes stand; <see langword="null"/> if there is nothing to generate from.</summary>
    public KernelSetPlaces? ToPlaces(CancellationToken cancellationToken) => ToModel(cancellationToken) is { } model
        ? new(model.QualifiedName, new(Attributes.Select(attribute =>
            new AttributePlace(DeclarationFiles.PlaceOf(attribute.LocationOf(cancellationToken)), attribute.Budget, attribute.Product))))
        : null;

    /// <summary>The model to generate from; <see langword="null"/> if the class cannot be generated for.</summary>
    public KernelSetModel? ToModel(CancellationToken cancellationToken) => ToOutline(cancellationToken)?.ToModel();

    /// <summary>A namespace as C# spells it; empty for the global one.</summary>
    internal static string NamespaceOf(INamespaceSymbol symbol)
    {
        if (symbol.IsGlobalNamespace)
        {
            return string.Empty;
        }

        var name = Escape(symbol.Name);
        return symbol.ContainingNamespace.IsGlobalNamespace ? name : NamespaceOf(symbol.ContainingNamespace) + "." + name;
    }

    internal static TypeDeclaration DeclarationOf(INamedTypeSymbol type) => new(KeywordOf(type) ?? "class", Escape(type.Name));

    internal static string? KeywordOf(INamedTypeSymbol type) => (type.TypeKind, type.IsRecord) switch
    {
        (TypeKind.Class, false) => "class",
        (TypeKind.Class, true) => "record",
        (TypeKind.Struct, false) => "struct",
        (TypeKind.Struct, true) => "record struct",
        (TypeKind.Interface, _) => "interface",
        _ => null,
    };

    internal static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None
            ? "@" + name
            : name;

    /// <summary>Names that may be generated and that the class, its name or its base classes already use.</summary>
    private IEnumerable<(string Name, ISymbol Owner)> OwnersOfPossibleNames()
    {
        if (BindingsShape.PossibleMemberNames.Contains(Type.Name))
        {
            yield return (Type.Name, Type);
        }

        for (var type = Type; type is not null; type = BaseOf(type))
        {
            if (IsWrittenEmpty(type))
            {
                continue;
            }

            // Names of members come from the syntax alone; to ask for each possible name would bind the whole type.
            foreach (var name in type.MemberNames.Concat(type.GetTypeMembers().Select(static nested => nested.Name)))
            {
                if (name != Type.Name && BindingsShape.PossibleMemberNames.Contains(name) && OwnerIn(type, name) is { } owner)
                {
                    yield return (name, owner);
                }
            }
        }
    }

    /// <summary>
    /// The base class, if one is written: to ask for <see cref="object"/> costs as much as all the rest of reading a class.
    /// </summary>
    private static INamedTypeSymbol? BaseOf(INamedTypeSymbol type)
    {
        var parts = type.DeclaringSyntaxReferences;
        return parts.IsEmpty || parts.Any(static part => part.GetSyntax() is TypeDeclarationSyntax { BaseList: not null }) ? type.BaseType : null;
    }

    /// <summary>Whether no part of a type has members: then the compiler need not even list their names.</summary>
    private static bool IsWrittenEmpty(INamedTypeSymbol type)
    {
        var parts = type.DeclaringSyntaxReferences;
        foreach (var part in parts)
        {
            if (part.GetSyntax() is not ClassDeclarationSyntax { Members.Count: 0, ParameterList: null })
            {
                return false;
            }
        }

        return !parts.IsEmpty;
    }

    private ISymbol? OwnerIn(INamedTypeSymbol type, string name)
    {
        var isOwn = SymbolEqualityComparer.Default.Equals(type, Type);
        return type.GetMembers(name).FirstOrDefault(member => isOwn ? !IsGenerated(member) : IsVisibleHere(member));
    }

    /// <summary>
    /// Whether a member is one that we generated. Analyzers, unlike the generator, see the class with these.
    /// </summary>
    internal static bool IsGenerated(ISymbol member) => member.GetAttributes().Any(static a =>
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
