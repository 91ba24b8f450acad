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

    /// <summary>Adds the files of declarations to the compilation.</summary>
    /// <typeparam name="T">What declarations are read into.</typeparam>
    public static void Add<T>(
        IncrementalGeneratorInitializationContext context,
        IncrementalValuesProvider<T?> declarations,
        string readName,
        string fileName,
        Func<T, Func<DeclarationPlace, DeclarationPlace>, GeneratedFile> render)
        where T : class
    {
        var folder = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            options.GlobalOptions.TryGetValue(ProjectFolder, out var value) ? value : string.Empty);
        var files = declarations
            .WithTrackingName(readName)
            .Where(static declaration => declaration is not null)
            .Combine(folder)
            .Select((pair, _) => render(pair.Left!, place => place with { File = Relative(place.File, pair.Right) }))
            .WithTrackingName(fileName);
        context.RegisterImplementationSourceOutput(files, static (output, file) => file.AddTo(output));
    }

    /// <summary>A file's path in its project, so that the assembly is the same wherever it is built; the whole path elsewhere.</summary>
    private static string Relative(string path, string folder)
    {
        path = path.Replace('\\', '/');
        folder = folder.Replace('\\', '/').TrimEnd('/') + "/";
        return folder.Length > 1 && path.StartsWith(folder, StringComparison.OrdinalIgnoreCase) ? path.Substring(folder.Length) : path;
    }
}
