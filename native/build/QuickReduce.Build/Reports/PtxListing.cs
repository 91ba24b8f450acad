using System.Globalization;
using System.Text.RegularExpressions;

namespace QuickReduce.Build;

/// <summary>What PTX says of one kernel. Registers are the driver's to hand out: PTX only has names for values.</summary>
internal sealed record PtxKernel(string Name, int? ThreadsPerBlock, int SharedBytes, int LocalBytes, InstructionCounts Instructions);

/// <summary>Reads the kernels of a PTX file as clang writes it: one instruction per line.</summary>
internal static class PtxListing
{
    private static readonly Regex Entry = new(@"\.entry\s+(?<name>[\w$]+)", RegexOptions.CultureInvariant);
    private static readonly Regex MaxThreads = new(@"^\.maxntid\s+(?<x>\d+)(,\s*(?<y>\d+))?(,\s*(?<z>\d+))?", RegexOptions.CultureInvariant);
    private static readonly Regex Array = new(@"\.(?<space>shared|local)\s.*\.b(?<bits>\d+)\s+[\w$]+\[(?<count>\d+)\]", RegexOptions.CultureInvariant);
    private static readonly Regex Guard = new(@"^@!?%p\d+\s+", RegexOptions.CultureInvariant);
    private static readonly Regex Vector = new(@"\.v(?<count>[248])\b", RegexOptions.CultureInvariant);
    private static readonly Regex Width = new(@"\.[bufs](?<bits>8|16|32|64)\b", RegexOptions.CultureInvariant);

    public static IReadOnlyList<PtxKernel> Kernels(string text)
    {
        var kernels = new List<PtxKernel>();
        string? name = null;
        bool inBody = false;
        (int? threads, int shared, int local) = (null, 0, 0);
        var counts = new InstructionCounts();
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Trim();
            if (!inBody && Entry.Match(line) is { Success: true } entry)
            {
                (name, threads, shared, local, counts) = (entry.Groups["name"].Value, null, 0, 0, new InstructionCounts());
            }
            else if (name is null)
            {
                continue;
            }
            else if (MaxThreads.Match(line) is { Success: true } bound)
            {
                threads = Number(bound, "x") * Math.Max(1, Number(bound, "y")) * Math.Max(1, Number(bound, "z"));
            }
            else if (line == "{")
            {
                inBody = true;
            }
            else if (line == "}" && inBody)
            {
                kernels.Add(new PtxKernel(name, threads, shared, local, counts));
                (name, inBody) = (null, false);
            }
            else if (Array.Match(line) is { Success: true } array)
            {
                int bytes = Number(array, "bits") / 8 * Number(array, "count");
                shared += array.Groups["space"].Value == "shared" ? bytes : 0;
                local += array.Groups["space"].Value == "local" ? bytes : 0;
            }
            else if (inBody && Parse(line) is { } instruction)
            {
                counts.Add(instruction);
            }
        }

        return kernels;
    }

    /// <summary>One line; null if it is none.</summary>
    private static Instruction? Parse(string line)
    {
        line = Guard.Replace(line, "");
        if (line.Length == 0 || !char.IsLower(line[0]) || line.IndexOf(';') < 0)
        {
            return null;
        }

        string name = line.Split([' ', '\t', ';'], 2)[0];
        string[] parts = name.Split('.');
        return parts[0] switch
        {
            "ld" or "st" when parts.Contains("param") || parts.Contains("const") => new Instruction(InstructionClass.ScalarMemory),
            "ld" or "st" when parts.Contains("shared") => new Instruction(InstructionClass.Lds),
            "ld" or "ldu" => new Instruction(InstructionClass.VectorLoad, TraitsOf(parts), BytesOf(name)),
            "st" => new Instruction(InstructionClass.VectorStore, TraitsOf(parts), BytesOf(name)),
            "atom" or "red" => new Instruction(InstructionClass.VectorAtomic),
            "fence" or "membar" or "discard" or "prefetch" => new Instruction(InstructionClass.CacheControl),
            "bar" or "barrier" => new Instruction(InstructionClass.Barrier),
            "bra" or "brx" or "call" or "ret" or "exit" => new Instruction(InstructionClass.Branch),
            "shfl" => new Instruction(InstructionClass.Lds, InstructionTraits.CrossLane),
            "mma" or "wmma" or "wgmma" => new Instruction(InstructionClass.Matrix),
            "nanosleep" or "trap" or "brkpt" => new Instruction(InstructionClass.Other),
            _ => new Instruction(
                InstructionClass.VectorAlu,
                (name.EndsWith("x2", StringComparison.Ordinal) ? InstructionTraits.Packed : InstructionTraits.None)
                | (parts[0] is "rcp" or "sqrt" or "rsqrt" or "ex2" or "lg2" or "sin" or "cos" ? InstructionTraits.Transcendental : InstructionTraits.None)),
        };
    }

    private static InstructionTraits TraitsOf(string[] parts) =>
        parts.Contains("local") ? InstructionTraits.Scratch
        : parts.Contains("global") ? InstructionTraits.None
        : InstructionTraits.Flat;

    private static int BytesOf(string name)
    {
        Match width = Width.Match(name);
        Match vector = Vector.Match(name);
        return (width.Success ? Number(width, "bits") / 8 : 0) * (vector.Success ? Number(vector, "count") : 1);
    }

    private static int Number(Match match, string group) =>
        int.TryParse(match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
