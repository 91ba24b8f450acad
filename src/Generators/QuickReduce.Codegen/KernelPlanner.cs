using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Codegen;

/// <summary>
/// Decides which kernels go into which file. Few files with several kernels each: starting a compiler costs more than
/// compiling one more kernel, and one file per wire format still keeps every core busy.
/// </summary>
public static class KernelPlanner
{
    /// <summary>The translation units of a kernel set, in a fixed order.</summary>
    public static EquatableArray<TranslationUnit> Plan(KernelSetModel model) => Plan(model, TemplateOverlay.None);

    /// <summary>The same for a kernel set that is rendered with templates of the user's own.</summary>
    public static EquatableArray<TranslationUnit> Plan(KernelSetModel model, TemplateOverlay overlay) =>
        new(model.Variants
            .OrderBy(static v => v)
            .GroupBy(static v => v.UnitName)
            .Select(g =>
            {
                var name = NameOf(model.QualifiedName, g.Key);
                return new TranslationUnit(name, new(g), SourceIdOf(name, g, overlay.Fingerprint));
            }));

    /// <summary>The name of a set's translation unit.</summary>
    public static string NameOf(string setName, string unitName) => setName + "." + unitName;

    private static string SourceIdOf(string name, IEnumerable<KernelVariant> variants, string overlay)
    {
        using var sha = SHA256.Create();
        var text = TemplateLibrary.Fingerprint + overlay + "\n" + name + "\n" + string.Join("\n", variants.Select(static v => v.KernelName));
        var hash = sha.ComputeHash(Encoding.UTF8.GetBytes(text));
        return string.Concat(hash.Take(8).Select(static b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }
}
