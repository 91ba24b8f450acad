using System.Text;
using System.Text.Json;

namespace QuickReduce.Build;

/// <summary>A report as JSON. The schema is described in docs/kernel-reports.md; a change to it is a new number.</summary>
internal static class CodeReportJson
{
    public const int Schema = 1;

    /// <summary>What follows the compiled file's name.</summary>
    public const string Extension = ".report.json";

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static string PathFor(string output) => output + Extension;

    public static string Write(CodeReport report)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented))
        {
            Write(writer, report);
        }

        return Encoding.UTF8.GetString(stream.ToArray()).Replace("\r\n", "\n") + "\n";
    }

    /// <summary>What budgets need of a written report: notes, and of each kernel name, registers, spills, scratch, waves.</summary>
    /// <exception cref="UnreadableCodeObjectException">The text is no such report.</exception>
    public static (IReadOnlyList<string> Notes, IReadOnlyList<KernelReport> Kernels) ReadResources(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            return (
                [.. root.GetProperty("notes").EnumerateArray().Select(note => note.GetString()!)],
                [.. root.GetProperty("kernels").EnumerateArray().Select(ReadResources)]);
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new UnreadableCodeObjectException("is no kernel report of this version: " + damage.Message);
        }
    }

    private static KernelReport ReadResources(JsonElement kernel)
    {
        int? Number(string name) => kernel.GetProperty(name) is { ValueKind: JsonValueKind.Number } value ? value.GetInt32() : null;
        Occupancy? occupancy = Number("wavesPerSimd") is { } waves
            ? new Occupancy(waves, (OccupancyLimit)Enum.Parse(typeof(OccupancyLimit), kernel.GetProperty("wavesLimitedBy").GetString(), ignoreCase: true))
            : null;
        return new KernelReport(
            kernel.GetProperty("name").GetString()!, null, Number("threadsPerBlock"),
            Number("vectorRegisters"), Number("accumulatorRegisters"), Number("scalarRegisters"),
            Number("vectorSpills"), Number("scalarSpills"), Number("scratchBytes"), Number("ldsBytes"), occupancy, null);
    }

    public static void Write(Utf8JsonWriter writer, CodeReport report)
    {
        writer.WriteStartObject();
        writer.WriteNumber("schema", Schema);
        writer.WriteString("unit", report.Unit);
        writer.WriteString("target", report.Target);
        writer.WriteString("kind", Camel(report.Kind.ToString()));
        writer.WriteNumber("bytes", report.Bytes);
        writer.WriteString("sha256", report.Sha256);
        writer.WriteStartArray("notes");
        foreach (string note in report.Notes)
        {
            writer.WriteStringValue(note);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("kernels");
        foreach (KernelReport kernel in report.Kernels)
        {
            Write(writer, kernel);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, KernelReport kernel)
    {
        writer.WriteStartObject();
        writer.WriteString("name", kernel.Name);
        Number(writer, "codeBytes", kernel.CodeBytes);
        Number(writer, "threadsPerBlock", kernel.ThreadsPerBlock);
        Number(writer, "vectorRegisters", kernel.VectorRegisters);
        Number(writer, "accumulatorRegisters", kernel.AccumulatorRegisters);
        Number(writer, "scalarRegisters", kernel.ScalarRegisters);
        Number(writer, "vectorSpills", kernel.VectorSpills);
        Number(writer, "scalarSpills", kernel.ScalarSpills);
        Number(writer, "scratchBytes", kernel.ScratchBytes);
        Number(writer, "ldsBytes", kernel.LdsBytes);
        Number(writer, "wavesPerSimd", kernel.Occupancy?.WavesPerSimd);
        writer.WriteString("wavesLimitedBy", kernel.Occupancy is { } occupancy ? Camel(occupancy.LimitedBy.ToString()) : null);
        writer.WritePropertyName("instructions");
        if (kernel.Instructions is { } instructions)
        {
            Write(writer, instructions);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, InstructionCounts counts)
    {
        writer.WriteStartObject();
        writer.WriteNumber("total", counts.Total);
        foreach (InstructionClass kind in (InstructionClass[])Enum.GetValues(typeof(InstructionClass)))
        {
            writer.WriteNumber(Camel(kind.ToString()), counts[kind]);
        }

        foreach (InstructionTraits trait in ((InstructionTraits[])Enum.GetValues(typeof(InstructionTraits))).Where(trait => trait != InstructionTraits.None))
        {
            writer.WriteNumber(Camel(trait.ToString()), counts[trait]);
        }

        writer.WriteNumber("bytesLoadedPerLane", counts.BytesLoadedPerLane);
        writer.WriteNumber("bytesStoredPerLane", counts.BytesStoredPerLane);
        writer.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name.Substring(1);
}
