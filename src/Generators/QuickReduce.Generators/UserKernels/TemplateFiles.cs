using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.UserKernels;

/// <summary>Reads the user's templates: additional files named <c>*.scriban</c>.</summary>
internal static class TemplateFiles
{
    private const string Extension = ".scriban";

    // Made visible by native/build/QuickReduce.props.
    private const string OverridesMetadata = "build_metadata.AdditionalFiles.QuickReduceOverrides";
    private const string ProjectFolder = "build_property.projectdir";

    /// <summary>All templates of the user, in a fixed order.</summary>
    public static IncrementalValueProvider<EquatableArray<TemplateText>> Read(IncrementalGeneratorInitializationContext context) =>
        context.AdditionalTextsProvider
            .Where(static file => IsTemplate(file))
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, cancellation) => Read(pair.Left, pair.Right, cancellation))
            .WithTrackingName(TrackingNames.ReadTemplates)
            .Where(static template => template is not null)
            .Collect()
            .Select(static (all, _) => new EquatableArray<TemplateText>(all
                .OfType<TemplateText>()
                .OrderBy(static t => t.Name, StringComparer.Ordinal)
                .ThenBy(static t => t.FilePath, StringComparer.Ordinal)))
            .WithTrackingName(TrackingNames.Templates);

    /// <summary>Whether an additional file is a template.</summary>
    public static bool IsTemplate(AdditionalText file) => file.Path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a template; <see langword="null"/> if its file is gone.</summary>
    public static TemplateText? Read(AdditionalText file, AnalyzerConfigOptionsProvider options, CancellationToken cancellationToken)
    {
        if (file.GetText(cancellationToken)?.ToString() is not { } text)
        {
            return null;
        }

        var overridden = OverriddenBy(file, options);
        return new(
            overridden ?? NameOf(file.Path, options),
            file.Path,
            text.Replace("\r\n", "\n"),
            overridden is not null);
    }

    /// <summary>The partial of ours that a file overrides; <see langword="null"/> if none.</summary>
    public static string? OverriddenBy(AdditionalText file, AnalyzerConfigOptionsProvider options) =>
        options.GetOptions(file).TryGetValue(OverridesMetadata, out var path) && path.Trim().Length > 0
            ? path.Trim().Replace('\\', '/')
            : null;

    /// <summary>A file's path in its project, with <c>/</c>; the whole path of one that lies elsewhere.</summary>
    private static string NameOf(string path, AnalyzerConfigOptionsProvider options)
    {
        path = path.Replace('\\', '/');
        var folder = options.GlobalOptions.TryGetValue(ProjectFolder, out var value) ? value.Replace('\\', '/').TrimEnd('/') + "/" : "/";
        return folder.Length > 1 && path.StartsWith(folder, StringComparison.OrdinalIgnoreCase) ? path.Substring(folder.Length) : path;
    }
}
