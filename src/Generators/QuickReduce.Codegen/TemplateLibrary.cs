using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>
/// The templates that travel inside this assembly. A template is parsed once per process; rendering is pure: no
/// file system, no culture, <c>\n</c> line ends, an unknown variable is an error.
/// </summary>
internal static class TemplateLibrary
{
    private static readonly Dictionary<string, string> Texts = ReadAll();
    private static readonly Lazy<Dictionary<string, Template>> Templates = new(ParseAll);

    /// <summary>Changes whenever any template of a kernel changes.</summary>
    public static string Fingerprint { get; } = ComputeFingerprint();

    /// <summary>Renders a template.</summary>
    /// <param name="path">Path below <c>templates/</c>, such as <c>hip/unit.scriban</c>.</param>
    /// <param name="model">The variables that the template sees.</param>
    /// <exception cref="InvalidOperationException">The template does not parse or render; the message has file, line and column.</exception>
    public static string Render(string path, ScriptObject model) => Render(path, model, TemplateOverlay.None, CancellationToken.None);

    /// <summary>Renders a template of ours or of the user's, with the user's templates beside ours or in the place of some.</summary>
    /// <param name="name">Path below <c>templates/</c>, or the name of a template of the overlay.</param>
    /// <param name="model">The variables that the template sees.</param>
    /// <param name="overlay">The user's templates.</param>
    /// <param name="cancellationToken">Ends loops of the user's templates.</param>
    /// <exception cref="TemplateException">A template of the overlay does not parse or render.</exception>
    /// <exception cref="InvalidOperationException">A template of ours does not parse or render; the message has file, line and column.</exception>
    public static string Render(string name, ScriptObject model, TemplateOverlay overlay, CancellationToken cancellationToken)
    {
        if (overlay.Templates.Count > 0)
        {
            return UserTemplateRenderer.Render(name, model, overlay, Templates.Value, cancellationToken);
        }

        var context = new TemplateContext
        {
            StrictVariables = true,
            NewLine = "\n",
            TemplateLoader = Loader.Instance,
            LoopLimit = int.MaxValue,

            // Scriban would cut what is longer than a mebibyte, and the members of a large class are.
            LimitToString = int.MaxValue,
        };
        context.PushCulture(System.Globalization.CultureInfo.InvariantCulture);
        context.PushGlobal(model);
        foreach (var template in Templates.Value)
        {
            // What a template includes is otherwise parsed anew at every rendering, which costs ten times the rendering.
            context.CachedTemplates.Add(template.Key, template.Value);
        }

        return Templates.Value.TryGetValue(name, out var root) ? root.Render(context) : throw Missing(name);
    }

    /// <summary>A template of ours; <see langword="null"/> if there is none of that path.</summary>
    public static Template? Find(string path) => Templates.Value.TryGetValue(path, out var template) ? template : null;

    /// <summary>Paths of the partials that a user may override.</summary>
    public static IEnumerable<string> OverridablePaths =>
        Texts.Keys.Where(static path => path.StartsWith("hip/", StringComparison.Ordinal)).OrderBy(static path => path, StringComparer.Ordinal);

    private static Dictionary<string, Template> ParseAll() => Texts.ToDictionary(
        static text => text.Key,
        static text =>
        {
            var template = Template.Parse(text.Value, text.Key);
            return template.HasErrors ? throw new InvalidOperationException(string.Join("\n", template.Messages)) : template;
        },
        StringComparer.Ordinal);

    private static string TextOf(string path) =>
        Texts.TryGetValue(path, out var text) ? text : throw Missing(path);

    private static InvalidOperationException Missing(string path) => new("There is no template '" + path + "'.");

    private static Dictionary<string, string> ReadAll()
    {
        const string prefix = "templates/";
        var assembly = typeof(TemplateLibrary).GetTypeInfo().Assembly;
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(static n => n.StartsWith(prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var reader = new StreamReader(stream, Encoding.UTF8);
            texts.Add(name.Substring(prefix.Length).Replace('\\', '/'), reader.ReadToEnd().Replace("\r\n", "\n"));
        }

        return texts;
    }

    private static string ComputeFingerprint()
    {
        using var sha = SHA256.Create();
        var all = string.Join("\n", Texts
            .Where(static t => t.Key.StartsWith("hip/", StringComparison.Ordinal))
            .OrderBy(static t => t.Key, StringComparer.Ordinal)
            .Select(static t => t.Key + "\n" + t.Value));
        return Convert.ToBase64String(sha.ComputeHash(Encoding.UTF8.GetBytes(all)));
    }

    /// <summary>Resolves <c>include</c> in a template against the embedded templates.</summary>
    private sealed class Loader : ITemplateLoader
    {
        public static readonly Loader Instance = new();

        public string GetPath(TemplateContext context, SourceSpan callerSpan, string templateName) => templateName;

        public string Load(TemplateContext context, SourceSpan callerSpan, string templatePath) => TextOf(templatePath);

        public ValueTask<string?> LoadAsync(TemplateContext context, SourceSpan callerSpan, string templatePath) =>
            new(TextOf(templatePath));
    }
}
