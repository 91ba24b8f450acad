using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Codegen;

/// <summary>
/// Templates of the user's own that stand beside ours, or in the place of one. Value-equal: what is rendered with it
/// is rendered again only when one of them changes.
/// </summary>
/// <param name="Templates">The templates, sorted by name and file.</param>
public sealed record TemplateOverlay(EquatableArray<TemplateText> Templates)
{
    /// <summary>No templates but ours.</summary>
    public static TemplateOverlay None { get; } = new(new EquatableArray<TemplateText>([]));

    /// <summary>Of the user's templates, those that rendering some templates can use.</summary>
    /// <param name="roots">Names of the templates that are rendered, ours or the user's.</param>
    /// <param name="candidates">All templates of the user.</param>
    public static TemplateOverlay ReachableFrom(IEnumerable<string> roots, IReadOnlyCollection<TemplateText> candidates)
    {
        if (candidates.Count == 0)
        {
            return None;
        }

        var reached = new HashSet<TemplateText>();
        var visited = new HashSet<string>(StringComparer.Ordinal);
        var toVisit = new Stack<string>(roots);
        while (toVisit.Count > 0)
        {
            var name = toVisit.Pop();
            if (!visited.Add(name))
            {
                continue;
            }

            // Several of one name are all kept: which is meant stays undecided, and is reported.
            var own = Matches(candidates, name);
            foreach (var text in own)
            {
                reached.Add(text);
                Push(TemplateSyntax.IncludesOf(TemplateSyntax.Parse(text)), candidates);
            }

            if (own.Count == 0 && TemplateLibrary.Find(name) is { } ours)
            {
                // A calculated name of ours is an element or a codec; of theirs it may be anything.
                Push(TemplateSyntax.IncludesOf(ours), candidates.Where(static c => c.IsOverride));
            }
        }

        var sorted = reached.OrderBy(static t => t.Name, StringComparer.Ordinal).ThenBy(static t => t.FilePath, StringComparer.Ordinal);
        return new(new EquatableArray<TemplateText>(sorted));

        void Push(IEnumerable<string?> included, IEnumerable<TemplateText> any)
        {
            foreach (var name in included)
            {
                foreach (var next in name is null ? any.Select(static t => t.Name) : Enumerable.Repeat(name, 1))
                {
                    toVisit.Push(next);
                }
            }
        }
    }

    /// <summary>
    /// The user's templates that a name means, one where all is well: what overrides ours comes first, then ours, so
    /// that a file which happens to be named like a partial takes the place of none, then the user's others.
    /// </summary>
    public static IReadOnlyList<TemplateText> Matches(IEnumerable<TemplateText> templates, string name)
    {
        var matches = templates.Where(t => t.IsNamed(name)).ToArray();
        if (matches.Any(static t => t.IsOverride))
        {
            return [.. matches.Where(static t => t.IsOverride)];
        }

        if (TemplateLibrary.Find(name) is not null)
        {
            return [];
        }

        return matches.Any(t => t.Name == name) ? [.. matches.Where(t => t.Name == name)] : matches;
    }

    /// <summary>The templates that override a partial which another overrides too; where there are any, nothing can be rendered.</summary>
    public static IEnumerable<TemplateText> RivalsAmong(IEnumerable<TemplateText> templates) => templates
        .Where(static t => t.IsOverride)
        .GroupBy(static t => t.Name, StringComparer.Ordinal)
        .Where(static g => g.Skip(1).Any())
        .SelectMany(static g => g);

    /// <summary>What cannot be parsed among the templates.</summary>
    public IEnumerable<TemplateProblem> SyntaxProblems => Templates.Select(TemplateSyntax.ProblemOf).OfType<TemplateProblem>();

    /// <summary>Whether everything can be rendered, as far as can be said without doing it.</summary>
    public bool IsSound => !SyntaxProblems.Any() && !RivalsAmong(Templates).Any();

    /// <summary>Paths of our partials, which a user may override.</summary>
    public static IEnumerable<string> OverridablePaths => TemplateLibrary.OverridablePaths;

    /// <summary>Changes whenever the name or the text of a template does; empty where there is none.</summary>
    internal string Fingerprint
    {
        get
        {
            if (Templates.Count == 0)
            {
                return string.Empty;
            }

            using var sha = SHA256.Create();
            var all = string.Concat(Templates.Select(static t => t.Name + "\n" + t.IsOverride + t.Text.Length + "\n" + t.Text));
            return Convert.ToBase64String(sha.ComputeHash(Encoding.UTF8.GetBytes(all)));
        }
    }
}
