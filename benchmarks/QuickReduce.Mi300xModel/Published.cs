using System.Globalization;

namespace QuickReduce.Mi300xModel;

/// <summary>A published time.</summary>
/// <param name="Source">Where it was published: <c>vllm-16804</c>, <c>mk1</c>, <c>aiter-4970</c>.</param>
/// <param name="DataType">fp16, bf16, or bf16cast for bf16 that is converted to fp16.</param>
/// <param name="Work">What was done.</param>
/// <param name="Microseconds">How long it took.</param>
internal sealed record PublishedTime(string Source, string DataType, Work Work, double Microseconds);

/// <summary>The published tables (data/README.md).</summary>
internal static class Published
{
    public const string Vllm = "vllm-16804";
    public const string Mk1 = "mk1";
    public const string Aiter = "aiter-4970";

    /// <summary>Times of the peers' QuickReduce kernels in the regimes that both have.</summary>
    public static IReadOnlyList<PublishedTime> Read()
    {
        var instructions = Rows("peer-kernels").ToDictionary(
            static row => (row[0], row[1]), static row => Number(row[2]) * Work.ElementsPerThreadAndTile);
        return [.. new[] { Vllm, Mk1, Aiter }.SelectMany(source => Rows(source)
            .Where(static row => Work.Codecs.Contains(row[3]))
            .Select(row => new PublishedTime(
                source,
                row[2],
                new Work(int.Parse(row[0], CultureInfo.InvariantCulture), row[3], long.Parse(row[1], CultureInfo.InvariantCulture), instructions[(row[2], row[3])]),
                Number(row[4]))))];
    }

    private static IEnumerable<string[]> Rows(string name) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", name + ".csv")).Skip(1).Where(static line => line.Length > 0).Select(static line => line.Split(','));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
