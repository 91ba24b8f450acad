using System.Globalization;
using System.Text;
using System.Text.Json;
using QuickReduce.Build;
using Spectre.Console;

namespace QuickReduce.Cli.Inspect;

/// <summary>Shows compiled kernels: a table of all, everything about one, or JSON.</summary>
internal static class InspectionView
{
    private const string Unknown = "–";
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>One row per kernel and architecture.</summary>
    public static void WriteTable(IAnsiConsole console, IReadOnlyList<InspectedFile> files)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("kernel");
        foreach (var title in new[] { "arch", "VGPR", "SGPR", "spills", "scratch", "LDS", "waves", "vector ALU", "DPP", "loads", "stores", "waits", "bytes" })
        {
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        }

        foreach (var (report, kernel) in files.SelectMany(static file => file.Report.Kernels.Select(kernel => (file.Report, kernel))))
        {
            var counts = kernel.Instructions;
            string[] cells =
            [
                kernel.Name,
                report.Target,
                Show(kernel.VectorRegisters),
                Show(kernel.ScalarRegisters),
                Show(kernel.VectorSpills + kernel.ScalarSpills),
                Show(kernel.ScratchBytes),
                Show(kernel.LdsBytes),
                Show(kernel.Occupancy?.WavesPerSimd),
                Show(counts?[InstructionClass.VectorAlu]),
                Show(counts?[InstructionTraits.Dpp]),
                Show(counts?[InstructionClass.VectorLoad]),
                Show(counts?[InstructionClass.VectorStore]),
                Show(counts?[InstructionClass.Wait]),
                Show(kernel.CodeBytes),
            ];
            table.AddRow(cells.Select(static cell => new Text(cell)));
        }

        console.Write(table);
        WriteNotes(console, files);
    }

    /// <summary>Everything about one kernel on one architecture.</summary>
    public static void WriteKernel(IAnsiConsole console, InspectedFile file, KernelReport kernel)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Add(string name, string value) => grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));
        Add("kernel", kernel.Name);
        Add("architecture", file.Report.Target);
        Add("file", file.Path);
        Add("code", kernel.CodeBytes is { } bytes ? $"{Show(bytes)} bytes" : Unknown);
        Add("threads per block", Show(kernel.ThreadsPerBlock));
        Add("vector registers", kernel.AccumulatorRegisters is > 0 and var accumulators ? $"{Show(kernel.VectorRegisters)}, {accumulators} of them accumulators" : Show(kernel.VectorRegisters));
        Add("scalar registers", Show(kernel.ScalarRegisters));
        Add("spills", $"{Show(kernel.VectorSpills)} vector, {Show(kernel.ScalarSpills)} scalar");
        Add("scratch", $"{Show(kernel.ScratchBytes)} bytes per lane");
        Add("LDS", $"{Show(kernel.LdsBytes)} bytes per block");
        Add("occupancy", kernel.Occupancy is { } occupancy ? $"{occupancy.WavesPerSimd} waves per SIMD, limited by {Words(occupancy.LimitedBy)}" : Unknown);
        if (kernel.Instructions is { } counts)
        {
            Add("instructions", $"{Show(counts.Total)}, counted as they stand");
            foreach (var kind in Enum.GetValues<InstructionClass>().Where(kind => counts[kind] > 0))
            {
                Add("  " + Words(kind), Show(counts[kind]));
            }

            foreach (var trait in Enum.GetValues<InstructionTraits>().Where(trait => trait != InstructionTraits.None && counts[trait] > 0))
            {
                Add("  of them " + Words(trait), Show(counts[trait]));
            }

            Add("loaded per lane", $"{Show(counts.BytesLoadedPerLane)} bytes");
            Add("stored per lane", $"{Show(counts.BytesStoredPerLane)} bytes");
        }

        console.Write(grid);
        WriteNotes(console, [file]);
    }

    /// <summary>The reports as one JSON document, with texts where they were asked for.</summary>
    public static void WriteJson(IReadOnlyList<InspectedFile> files, Func<InspectedFile, KernelReport, IReadOnlyList<string>>? list, bool withHip)
    {
        using var document = new MemoryStream();
        using (var writer = new Utf8JsonWriter(document, Indented))
        {
            writer.WriteStartArray();
            foreach (var file in files)
            {
                writer.WriteStartObject();
                writer.WriteString("file", file.Path);
                writer.WritePropertyName("report");
                CodeReportJson.Write(writer, file.Report);
                if (withHip)
                {
                    writer.WriteString("hip", file.Hip);
                }

                if (list is not null)
                {
                    writer.WriteStartObject("disassembly");
                    foreach (var kernel in file.Report.Kernels)
                    {
                        writer.WriteString(kernel.Name, string.Join("\n", list(file, kernel)));
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        Console.Out.WriteLine(Encoding.UTF8.GetString(document.ToArray()));
    }

    private static void WriteNotes(IAnsiConsole console, IReadOnlyList<InspectedFile> files)
    {
        foreach (var note in files.SelectMany(static file => file.Report.Notes).Distinct())
        {
            var remedy = note == CodeReader.NoDisassembler ? $" ({Disassembler.Remedy})" : string.Empty;
            console.Write(new Text(note + remedy + Environment.NewLine, new Style(Color.Yellow)));
        }
    }

    private static string Show(long? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? Unknown;

    /// <summary><c>VectorRegisters</c> as <c>vector registers</c>.</summary>
    private static string Words<T>(T name)
        where T : struct, Enum => name switch
        {
            InstructionClass.VectorAlu => "vector ALU",
            InstructionClass.ScalarAlu => "scalar ALU",
            InstructionClass.Lds or OccupancyLimit.Lds => "LDS",
            InstructionTraits.Dpp => "DPP",
            OccupancyLimit.Hardware => "the hardware",
            _ => string.Concat(name.ToString().Select(static (letter, index) => index > 0 && char.IsUpper(letter) ? " " + char.ToLowerInvariant(letter) : char.ToLowerInvariant(letter).ToString())),
        };
}
