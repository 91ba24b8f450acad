using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace QuickReduce.Generators.Tests.Support;

/// <summary>Compilations of user code against the platform that the tests run on and the real QuickReduce assembly.</summary>
internal static class TestCompilation
{
    /// <summary>Documentation is checked too, so that an undocumented generated member is seen.</summary>
    public static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.CSharp14, DocumentationMode.Diagnose);

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Append(typeof(KernelSourceAttribute).Assembly.Location)
            .Append(typeof(Emulation.EmulatedMachine).Assembly.Location)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static CSharpCompilation Of(params IEnumerable<string> sources) => CSharpCompilation.Create(
        "UserCode",
        [.. sources.Select((text, index) => Parse(text, $"File{index}.cs"))],
        References,
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            nullableContextOptions: NullableContextOptions.Enable,
            warningLevel: 9999));

    public static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, ParseOptions, path);

    /// <summary>
    /// What a compiler would say of a compilation, except about missing documentation of the user code, which the
    /// tests write without.
    /// </summary>
    public static IReadOnlyList<Diagnostic> ProblemsOf(Compilation compilation) => ProblemsAmong(compilation.GetDiagnostics());

    /// <summary>The problems of <see cref="ProblemsOf"/> among diagnostics.</summary>
    public static IReadOnlyList<Diagnostic> ProblemsAmong(IEnumerable<Diagnostic> diagnostics) =>
    [
        .. diagnostics.Where(d =>
            d.Severity >= DiagnosticSeverity.Warning && !(d.Id == "CS1591" && d.Location.SourceTree is { } tree && !IsGenerated(tree))),
    ];

    /// <summary>Whether a file was generated.</summary>
    public static bool IsGenerated(SyntaxTree? tree) => tree is not null && tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal);
}
