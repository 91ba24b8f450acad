using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Usage;

/// <summary>
/// Recognises what was generated for kernel sets in the code of a compilation. Thread-safe; each set is read once.
/// </summary>
internal sealed class KernelSets
{
    private readonly ConcurrentDictionary<INamedTypeSymbol, UsedKernelSet?> _sets = new(SymbolEqualityComparer.Default);
    private readonly INamedTypeSymbol _group;

    private KernelSets(INamedTypeSymbol group) => _group = group;

    /// <summary>What to recognise in a compilation; <see langword="null"/> if it does not reference QuickReduce.</summary>
    public static KernelSets? TryCreate(Compilation compilation) =>
        compilation.GetTypeByMetadataName("QuickReduce.AllReduceGroup") is { } group ? new(group) : null;

    /// <summary>The set that a class declares, if it declares one.</summary>
    public UsedKernelSet? SetOf(INamedTypeSymbol type) =>
        type.TypeKind == TypeKind.Class ? _sets.GetOrAdd(type, UsedKernelSet.TryRead) : null;

    /// <summary>The set that a generated member, of the class itself or of a type generated into it, belongs to.</summary>
    public UsedKernelSet? OwnerOf(ISymbol member)
    {
        if (member.ContainingType is not { } type || !KernelSetDeclaration.IsGenerated(member))
        {
            return null;
        }

        return SetOf(type) ?? (type.ContainingType is { } outer && KernelSetDeclaration.IsGenerated(type) ? SetOf(outer) : null);
    }

    /// <summary>The set whose regimes or world sizes a type enumerates.</summary>
    public UsedKernelSet? OwnerOfEnumeration(ITypeSymbol? type) =>
        type is INamedTypeSymbol { TypeKind: TypeKind.Enum, ContainingType: not null } enumeration ? OwnerOf(enumeration) : null;

    /// <summary>The set whose <c>Kernels</c> property an expression reads.</summary>
    public UsedKernelSet? OwnerOfKernels(IPropertySymbol property) =>
        property is { IsStatic: true, Name: "Kernels" } ? OwnerOf(property) : null;

    /// <summary>Whether a type is the run time's group.</summary>
    public bool IsPlainGroup(ITypeSymbol? type) => SymbolEqualityComparer.Default.Equals(type, _group);

    /// <summary>Whether a type is a group: the run time's, or one that was generated for a set.</summary>
    public bool IsGroup(ITypeSymbol? type) =>
        IsPlainGroup(type)
        || (type is INamedTypeSymbol { TypeKind: TypeKind.Class, ContainingType: not null } named
            && named.Name.StartsWith("Group", StringComparison.Ordinal)
            && OwnerOf(named) is not null);
}
