using System.Text.RegularExpressions;
using QuickReduce.Build;

namespace QuickReduce.Cli.List;

/// <summary>A translation unit in an assembly.</summary>
/// <param name="Name">Name of the unit, and of its files.</param>
/// <param name="SourceId">What identifies its text; a compiled library has to have the same.</param>
/// <param name="Kernels">Names of the kernels in it.</param>
/// <param name="SourceBytes">Length of the text.</param>
/// <param name="CompiledFor">Architectures for which a compiled file lies beside the assembly.</param>
internal sealed record UnitReport(string Name, string SourceId, IReadOnlyList<string> Kernels, int SourceBytes, IReadOnlyList<string> CompiledFor);

/// <summary>The kernels in an assembly, read from its metadata.</summary>
internal sealed partial record AssemblyReport(string Assembly, IReadOnlyList<UnitReport> Units)
{
    private static readonly HashSet<string> KernelExtensions = [".hsaco", ".ptx", ".so"];

    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnusableKernelSourceException">It is no assembly, or what it carries is damaged.</exception>
    public static AssemblyReport Read(string path)
    {
        var compiled = CompiledBeside(path);
        return new AssemblyReport(path, [.. KernelSourceReader.Read(path).Select(source => new UnitReport(
            source.UnitName,
            SourceIdPattern().Match(source.Text).Groups["id"].Value,
            [.. KernelPattern().Matches(source.Text).Select(static match => match.Value).Distinct()],
            System.Text.Encoding.UTF8.GetByteCount(source.Text),
            [.. compiled[source.UnitName]]))]);
    }

    private static ILookup<string, string> CompiledBeside(string assembly)
    {
        var folder = Path.Combine(Path.GetDirectoryName(assembly)!, "quickreduce");
        var files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [];
        return files
            .Where(static file => KernelExtensions.Contains(Path.GetExtension(file)))
            .OrderBy(static file => file, StringComparer.Ordinal)
            .ToLookup(
                static file => Path.GetFileNameWithoutExtension(file),
                file => Path.GetRelativePath(folder, Path.GetDirectoryName(file)!).Replace('\\', '/'),
                StringComparer.Ordinal);
    }

    [GeneratedRegex(@"\b\w+_all_reduce_\w+_world[0-9]+\b", RegexOptions.CultureInvariant)]
    private static partial Regex KernelPattern();

    [GeneratedRegex("""quickreduce_source_id\[[0-9]+\] = "(?<id>\w+)";""", RegexOptions.CultureInvariant)]
    private static partial Regex SourceIdPattern();
}
