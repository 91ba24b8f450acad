namespace QuickReduce.Codegen;

/// <summary>
/// What a user asked for with the attributes on one partial class. Value-equal, free of compiler objects: it is the
/// only thing that flows from the Roslyn side to rendering.
/// </summary>
/// <param name="Namespace">Namespace of the class as C# spells it (keywords with <c>@</c>); empty for the global one.</param>
/// <param name="ContainingTypes">The types around the class, outermost first.</param>
/// <param name="Type">The class itself.</param>
/// <param name="Variants">The declared combinations: sorted, distinct, all supported, at least one.</param>
public sealed record KernelSetModel(
    string Namespace,
    EquatableArray<TypeDeclaration> ContainingTypes,
    TypeDeclaration Type,
    EquatableArray<KernelVariant> Variants)
{
    /// <summary>
    /// Name of the set in files and at run time: namespace, containing types and class name, joined by dots.
    /// </summary>
    public string QualifiedName => QualifiedNameOf(Namespace, ContainingTypes, Type);

    /// <summary>The name of a set of which no more is known than where it is declared.</summary>
    public static string QualifiedNameOf(string @namespace, IEnumerable<TypeDeclaration> containingTypes, TypeDeclaration type)
    {
        var parts = containingTypes.Append(type).Select(static part => part.Identifier);
        return string.Join(".", @namespace.Length > 0 ? parts.Prepend(@namespace) : parts).Replace("@", string.Empty);
    }
}
