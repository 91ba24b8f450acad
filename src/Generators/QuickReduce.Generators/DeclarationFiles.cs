using Microsoft.CodeAnalysis;
using QuickReduce.Codegen;

namespace QuickReduce.Generators;

/// <summary>
/// Places of attributes. They change with every line that is written above them, so they go a way of their own, past the
/// models, into a small file that only a build asks for.
/// </summary>
internal static class DeclarationFiles
{
    private const string ProjectFolder = "build_property.projectdir";

    /// <summary>The place of an attribute, with the whole path of its file.</summary>
    public static DeclarationPlace PlaceOf(Location location)
    {
        var span = location.GetMappedLineSpan();
        return new(span.Path, span.StartLinePosition.Line + 1, span.StartLinePosition.Character + 1);
    }

    /// <summary>Adds the file of all declarations of a kind to the compilation, if there are any.</summary>
    /// <typeparam name="T">What a declaration is read into.</typeparam>
    /// <param name="context">The generator.</param>
    /// <param name="hintName">Name of the file; with a character that no class has in its name.</param>
    /// <param name="declarations">The declarations.</param>
    /// <param name="render">Renders one, with what makes its file's path relative to the project.</param>
    public static void Add<T>(
        IncrementalGeneratorInitializationContext context,
        string hintName,
        IReadOnlyList<IncrementalValuesProvider<T?>> declarations,
        Func<T, Func<DeclarationPlace, DeclarationPlace>, DeclarationText> render)
        where T : class
    {
        var folder = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            options.GlobalOptions.TryGetValue(ProjectFolder, out var value) ? value : string.Empty);
        var texts = declarations
            .Select(provider => provider
                .WithTrackingName(TrackingNames.ReadPlaces)
                .Where(static declaration => declaration is not null)
                .Combine(folder)
                .Select((pair, _) => render(pair.Left!, place => place with { File = Relative(place.File, pair.Right) }))
                .WithTrackingName(TrackingNames.Declarations)
                .Collect())
            .Aggregate(static (all, more) => all.Combine(more).Select(static (pair, _) => pair.Left.AddRange(pair.Right)))
            .Select(static (all, _) => string.Concat(all
                .GroupBy(static declared => declared.Name, StringComparer.OrdinalIgnoreCase)
                // Names become file names: of those that several share nothing is generated.
                .Where(static group => !group.Skip(1).Any())
                .Select(static group => group.First().Text)
                .OrderBy(static text => text, StringComparer.Ordinal)));
        context.RegisterImplementationSourceOutput(texts, (output, text) =>
        {
            if (text.Length > 0)
            {
                output.AddSource(hintName, CarrierRenderer.DeclarationsHeader + text);
            }
        });
    }

    /// <summary>A file's path in its project, so that the assembly is the same wherever it is built; the whole path elsewhere.</summary>
    private static string Relative(string path, string folder)
    {
        path = path.Replace('\\', '/');
        folder = folder.Replace('\\', '/').TrimEnd('/') + "/";
        return folder.Length > 1 && path.StartsWith(folder, StringComparison.OrdinalIgnoreCase) ? path.Substring(folder.Length) : path;
    }
}

/// <summary>The attributes that carry the places of one class or method to the build.</summary>
/// <param name="Name">Name of the set or family.</param>
/// <param name="Text">The attributes.</param>
internal sealed record DeclarationText(string Name, string Text);
