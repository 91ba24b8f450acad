using QuickReduce.Build;

namespace QuickReduce.Cli.Inspect;

/// <summary>A compiled file and what is known of it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Report">Its kernels.</param>
/// <param name="Hip">The HIP text that it was compiled from; null where the assembly that carries it is not at hand.</param>
internal sealed record InspectedFile(string Path, CodeReport Report, string? Hip);

/// <summary>There is nothing to show, which is no fault of a file.</summary>
internal sealed class NothingToInspectException(string message) : Exception(message);

/// <summary>Collects compiled kernels: of one file, or of all that lie beside an assembly.</summary>
internal static class Inspection
{
    private static readonly string[] CodeExtensions = [".hsaco", ".ptx", ".so"];

    /// <summary>Reads the compiled files that a path stands for.</summary>
    /// <param name="path">An assembly with kernels, or a compiled file.</param>
    /// <param name="disassembler">What lists instructions; null if there is none.</param>
    /// <param name="cancellation">Stops the disassembler.</param>
    /// <exception cref="UnreadableCodeObjectException">A compiled file is damaged or something else.</exception>
    /// <exception cref="UnusableKernelSourceException">What the assembly carries is damaged.</exception>
    /// <exception cref="NothingToInspectException">No compiled kernel is there.</exception>
    public static IReadOnlyList<InspectedFile> Read(string path, Disassembler? disassembler, CancellationToken cancellation) =>
        IsAssembly(path) ? OfAssembly(path, disassembler, cancellation) : [Of(path, null, disassembler, cancellation)];

    private static List<InspectedFile> OfAssembly(string path, Disassembler? disassembler, CancellationToken cancellation)
    {
        var sources = KernelSourceReader.Read(path).ToDictionary(static source => source.UnitName, static source => source.Text, StringComparer.Ordinal);
        if (sources.Count == 0)
        {
            throw new NothingToInspectException($"'{path}' carries no kernels.");
        }

        var folder = Path.Combine(Path.GetDirectoryName(path)!, "quickreduce");
        var files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [];
        List<InspectedFile> found = [.. files
            .Where(file => CodeExtensions.Contains(Path.GetExtension(file)) && sources.ContainsKey(Path.GetFileNameWithoutExtension(file)))
            .OrderBy(static file => file, StringComparer.Ordinal)
            .Select(file => Of(file, sources[Path.GetFileNameWithoutExtension(file)], disassembler, cancellation))];
        return found.Count > 0
            ? found
            : throw new NothingToInspectException(
                $"'{path}' carries kernels, but none lies compiled in '{folder}'. Build the project with a compiler at hand ('quickreduce doctor' says which), or name a code object.");
    }

    private static InspectedFile Of(string path, string? hip, Disassembler? disassembler, CancellationToken cancellation)
    {
        try
        {
            return new InspectedFile(
                path, CodeReader.Read(path, Path.GetFileNameWithoutExtension(path), TargetOf(path), hip, disassembler, cancellation), hip);
        }
        catch (UnreadableCodeObjectException problem)
        {
            throw new UnreadableCodeObjectException($"'{path}' {problem.Message}.");
        }
    }

    /// <summary>A library for the CPU does not say its level; its folder does. Code for GPUs names its architecture itself.</summary>
    private static OffloadTarget? TargetOf(string path)
    {
        var folder = Path.GetDirectoryName(path);
        return Path.GetFileName(Path.GetDirectoryName(folder)) == "host" ? OffloadTarget.Host(Path.GetFileName(folder)!) : null;
    }

    private static bool IsAssembly(string path)
    {
        using var file = File.OpenRead(path);
        return file.ReadByte() == 'M' && file.ReadByte() == 'Z';
    }
}
