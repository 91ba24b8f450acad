using QuickReduce.Build;

namespace QuickReduce.Cli.Inspect;

/// <summary>The instructions of one kernel as text.</summary>
internal static class KernelListing
{
    /// <summary>Lists a kernel.</summary>
    /// <param name="file">The compiled file.</param>
    /// <param name="kernel">Name of the kernel.</param>
    /// <param name="disassembler">What lists machine code; null if there is none.</param>
    /// <param name="cancellation">Stops the disassembler.</param>
    /// <exception cref="NothingToInspectException">It can't be listed; the message has the remedy.</exception>
    public static IReadOnlyList<string> Of(InspectedFile file, string kernel, Disassembler? disassembler, CancellationToken cancellation) => file.Report.Kind switch
    {
        TargetKind.Nvidia => OfPtx(File.ReadAllLines(file.Path), kernel),
        TargetKind.Amd => OfCodeObject(file.Path, kernel, disassembler, cancellation),
        _ => throw new NothingToInspectException($"Libraries for the CPU are not listed here. Remedy: objdump --disassemble={kernel} '{file.Path}'."),
    };

    private static IReadOnlyList<string> OfCodeObject(string path, string kernel, Disassembler? disassembler, CancellationToken cancellation)
    {
        if (disassembler is null)
        {
            throw new NothingToInspectException($"There is no llvm-objdump to disassemble '{path}' with. Remedy: {Disassembler.Remedy}.");
        }

        var text = disassembler.Run(path, cancellation, out var problem)
            ?? throw new NothingToInspectException($"'{path}' can't be disassembled with {disassembler.Path}: {problem}.");
        var function = new ElfFile(File.ReadAllBytes(path)).DynamicSymbols().First(symbol => symbol.IsFunction && symbol.Name == kernel);
        return [.. (Disassembly.Parse(text).Function(function) ?? []).Select(static instruction => $"{instruction.Address:x6}  {instruction.Text}")];
    }

    private static string[] OfPtx(string[] lines, string kernel) =>
        [.. lines.SkipWhile(line => !(line.Contains(".entry ", StringComparison.Ordinal) && line.Contains(kernel + "(", StringComparison.Ordinal)))
            .TakeWhile(static line => line != "}")
            .Append("}")];
}
