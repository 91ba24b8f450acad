using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Usage;

/// <summary>
/// Which members that were generated for the sets of a compilation its code names. Whatever can come about without
/// being named (values that are computed, parsed, bound or enumerated, kernels that are handed on) counts as used.
/// Thread-safe.
/// </summary>
internal sealed class KernelSetUses(KernelSets sets)
{
    private readonly ConcurrentDictionary<INamedTypeSymbol, UsedKernelSet> _closedSets = new(SymbolEqualityComparer.Default);

    // Members of enumerations, factory methods; a type where anything of it may be used.
    private readonly ConcurrentDictionary<ISymbol, bool> _used = new(SymbolEqualityComparer.Default);

    /// <summary>The sets of this compilation that nothing outside of it can use.</summary>
    public IEnumerable<UsedKernelSet> ClosedSets => _closedSets.Values;

    /// <summary>Takes note of a type that may declare a set; one that nothing is generated for has no use to be seen.</summary>
    public void Declare(INamedTypeSymbol type, Compilation compilation, CancellationToken cancellationToken)
    {
        if (sets.SetOf(type) is { } set && IsClosed(type, compilation) && set.Declaration.ToModel(cancellationToken) is not null)
        {
            _closedSets.TryAdd(type, set);
        }
    }

    /// <summary>Takes note of a property: what it holds may have been read from somewhere.</summary>
    public void SeeProperty(IPropertySymbol property) => MarkAll(property.Type);

    /// <summary>Takes note of a member of an enumeration that is named.</summary>
    public void See(IFieldReferenceOperation reference)
    {
        if (reference.Field.IsConst && sets.OwnerOfEnumeration(reference.Field.ContainingType) is not null)
        {
            _used.TryAdd(reference.Field, true);
        }
    }

    /// <summary>Takes note of kernels that are handed on.</summary>
    public void See(IPropertyReferenceOperation reference)
    {
        if (sets.OwnerOfKernels(reference.Property) is { } set)
        {
            _used.TryAdd(set.Declaration.Type, true);
        }
    }

    /// <summary>
    /// Takes note of a call that creates a group, that gets a generated enumeration as a type argument, or that leaves the
    /// regime to the group's policy.
    /// </summary>
    public void See(IInvocationOperation call)
    {
        var method = call.TargetMethod;
        foreach (var argument in method.TypeArguments)
        {
            MarkAll(argument);
        }

        if (method.IsStatic && method.Name.StartsWith("CreateGroup", StringComparison.Ordinal) && sets.OwnerOf(method) is not null)
        {
            _used.TryAdd(method, true);
        }

        if (method is { IsStatic: false, Name: "AllReduce" } && method.Parameters.All(parameter => sets.OwnerOfEnumeration(parameter.Type) is null))
        {
            MarkRegimes(method.ContainingType);
        }
    }

    /// <summary>Takes note of a type that is taken as an object.</summary>
    public void See(ITypeOfOperation type) => MarkAll(type.TypeOperand);

    /// <summary>Takes note of a number that becomes a member of an enumeration.</summary>
    public void SeeValue(IOperation operation)
    {
        if (sets.OwnerOfEnumeration(operation.Type) is null || operation is IConversionOperation { Operand.Type.TypeKind: TypeKind.Enum or TypeKind.Error })
        {
            return;
        }

        if (GroupCreation.ConstantOf(operation) is not { } value)
        {
            MarkAll(operation.Type);
            return;
        }

        foreach (var member in operation.Type!.GetMembers().OfType<IFieldSymbol>().Where(field => field.ConstantValue is int own && own == value))
        {
            _used.TryAdd(member, true);
        }
    }

    /// <summary>Whether anything may run a variant.</summary>
    public bool IsUsed(UsedKernelSet set, KernelVariant variant)
    {
        var type = set.Declaration.Type;
        if (_used.ContainsKey(type))
        {
            return true;
        }

        var group = set.Shape.Groups.First(g => g.WorldSize is null || g.WorldSize == variant.WorldSize);
        var isCreated = set.Shape.IsUniform
            ? type.GetTypeMembers("WorldSize").Any(sizes => IsUsed(sizes, variant.WorldSize))
            : type.GetMembers(group.FactoryName).Any(_used.ContainsKey);
        var regimesOwner = set.Shape.IsUniform ? type : type.GetTypeMembers(group.TypeName).FirstOrDefault();
        var regimes = group.Elements.First(element => element.DataType == variant.DataType).RegimeEnum;
        return isCreated && regimesOwner is not null && regimesOwner.GetTypeMembers(regimes).Any(e => IsUsed(e, FormatShape.Of(variant).Value));
    }

    private bool IsUsed(INamedTypeSymbol enumeration, int value) =>
        _used.ContainsKey(enumeration)
        || enumeration.GetMembers().Any(member => member is IFieldSymbol { ConstantValue: int own } && own == value && _used.ContainsKey(member));

    /// <summary>All regimes may be used of the set that a generated type of ranks or groups belongs to.</summary>
    private void MarkRegimes(INamedTypeSymbol caller)
    {
        for (var outer = caller.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            if (sets.SetOf(outer) is { } set)
            {
                var enumerations = set.Shape.IsUniform ? outer.GetTypeMembers() : outer.GetTypeMembers().SelectMany(static group => group.GetTypeMembers());
                foreach (var enumeration in enumerations.Where(type => type.TypeKind == TypeKind.Enum && set.RegimesOf(type) is not null))
                {
                    MarkAll(enumeration);
                }

                return;
            }
        }
    }

    private void MarkAll(ITypeSymbol? type)
    {
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            type = nullable.TypeArguments[0];
        }

        if (type is not null && sets.OwnerOfEnumeration(type) is not null)
        {
            _used.TryAdd(type, true);
        }
    }

    /// <summary>
    /// Whether code outside of the compilation cannot name a type. An application's public types count as closed; with
    /// <c>InternalsVisibleTo</c> nothing but what is private does.
    /// </summary>
    private static bool IsClosed(INamedTypeSymbol type, Compilation compilation)
    {
        var isPublic = true;
        for (var outer = type; outer is not null; outer = outer.ContainingType)
        {
            if (outer.DeclaredAccessibility == Accessibility.Private)
            {
                return true;
            }

            isPublic &= outer.DeclaredAccessibility is not (Accessibility.Internal or Accessibility.ProtectedAndInternal);
        }

        var isApplication = compilation.Options.OutputKind is OutputKind.ConsoleApplication or OutputKind.WindowsApplication or OutputKind.WindowsRuntimeApplication;
        var hasFriends = compilation.Assembly.GetAttributes().Any(static a => a.AttributeClass?.Name == "InternalsVisibleToAttribute");
        return !hasFriends && (isApplication || !isPublic);
    }
}
