using System.Reflection;
using System.Text.Json;

namespace QuickReduce.Mi300xModel;

/// <summary>Our kernels, as the reports of this project's build describe them.</summary>
internal static class OwnKernels
{
    private const string Architecture = "gfx942";

    /// <summary>
    /// Vector instructions of the two-shot kernels, by data type, codec and number of ranks. Counted as they stand, so with those of the
    /// path for the ragged end of a message, which whole tiles do not take: an upper bound.
    /// </summary>
    /// <exception cref="InvalidOperationException">There are no reports, or none with counts.</exception>
    public static IReadOnlyDictionary<(string DataType, string Codec, int WorldSize), int> VectorInstructions()
    {
        var folder = Path.Combine(
            typeof(OwnKernels).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static item => item.Key == "KernelReports").Value!, Architecture);
        var kernels = from file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.report.json") : []
                      from kernel in JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("kernels").EnumerateArray()
                      let counts = kernel.GetProperty("instructions")
                      where counts.ValueKind == JsonValueKind.Object
                      select (Name: kernel.GetProperty("name").GetString()!, Count: counts.GetProperty("vectorAlu").GetInt32());
        var byName = kernels.ToDictionary(static kernel => kernel.Name, static kernel => kernel.Count);
        if (byName.Count == 0)
        {
            throw new InvalidOperationException(
                $"There are no kernel reports with instruction counts in '{folder}'. Build this project where clang-22 and llvm-22 are installed.");
        }

        return (from dataType in new[] { ("fp16", DataType.Float16), ("bf16", DataType.BFloat16) }
                from codec in Work.Codecs
                from worldSize in new[] { 2, 4, 8 }
                let variant = new KernelVariant(dataType.Item2, Enum.Parse<QuantRegime>(codec, ignoreCase: true), worldSize)
                select (Key: (dataType.Item1, codec, worldSize), Count: byName[variant.KernelName])).ToDictionary(static item => item.Key, static item => item.Count);
    }
}
