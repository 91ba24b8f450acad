namespace QuickReduce.Codegen;

/// <summary>
/// What a user asked for with the attributes on one partial class. Value-equal, free of compiler objects: it is the
/// only thing that flows from the Roslyn side to rendering.
/// </summary>
/// <param name="Namespace">Namespace of the class; empty for the global one.</param>
/// <param name="ContainingTypes">Declarations of the types around the class, outermost first, such as <c>static partial class Outer</c>.</param>
/// <param name="Declaration">Declaration of the class itself without accessibility, such as <c>partial class LlamaCollectives</c>.</param>
/// <param name="Name">Name of the class.</param>
/// <param name="Accessibility">Accessibility that generated public members inherit in practice; <c>public</c> or <c>internal</c>.</param>
/// <param name="Variants">The declared combinations: sorted, distinct, all supported.</param>
public sealed record KernelSetModel(
    string Namespace,
    EquatableArray<string> ContainingTypes,
    string Declaration,
    string Name,
    string Accessibility,
    EquatableArray<KernelVariant> Variants)
{
    /// <summary>
    /// Name of the set in files and at run time: namespace, containing types and class name, joined by dots.
    /// </summary>
    public string QualifiedName
    {
        get
        {
            var parts = ContainingTypes.Select(static t => t.Substring(t.LastIndexOf(' ') + 1)).ToList();
            if (Namespace.Length > 0)
            {
                parts.Insert(0, Namespace);
            }

            parts.Add(Name);
            return string.Join(".", parts);
        }
    }
}
