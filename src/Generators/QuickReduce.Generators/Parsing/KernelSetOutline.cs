using QuickReduce.Codegen;

namespace QuickReduce.Generators.Parsing;

/// <summary>
/// What the attributes of a class say, before anything is worked out from it. The driver makes the generator read every
/// annotated class again after every edit anywhere, so this holds what is cheap to read, and everything else follows
/// from it in later steps, which are cached while it is equal.
/// </summary>
/// <param name="Namespace">Namespace of the class as C# spells it; empty for the global one.</param>
/// <param name="ContainingTypes">The types around the class, outermost first.</param>
/// <param name="Type">The class itself.</param>
/// <param name="Products">What each attribute declares.</param>
/// <param name="TakenNames">Those of the names that can be generated which the class cannot have again.</param>
internal sealed record KernelSetOutline(
    string Namespace,
    EquatableArray<TypeDeclaration> ContainingTypes,
    TypeDeclaration Type,
    EquatableArray<AxisProduct> Products,
    EquatableArray<string> TakenNames)
{
    /// <summary>The model to generate from; <see langword="null"/> if nothing can be generated.</summary>
    public KernelSetModel? ToModel()
    {
        var variants = VariantsOf(Products);
        return variants.Count > 0 && !BindingsShape.Of(variants).MemberNames.Any(name => TakenNames.Contains(name))
            ? new(Namespace, ContainingTypes, Type, new(variants))
            : null;
    }

    /// <summary>The supported combinations that attributes declare together: distinct, in order.</summary>
    public static IReadOnlyList<KernelVariant> VariantsOf(IEnumerable<AxisProduct> products) =>
        [.. products.SelectMany(static product => product.Combinations).Where(static variant => variant.IsSupported).Distinct().OrderBy(static variant => variant)];
}
