using System.Globalization;
using System.Reflection;

namespace QuickReduce.InstructionStreams.Tests;

/// <summary>
/// Tables of <c>docs/amd-kernels.md</c>: what is measured may not be worse than what stands there. <c>UPDATE_GOLDEN=1</c>
/// writes them anew.
/// </summary>
internal static class CostPage
{
    private static readonly string Path = System.IO.Path.Combine(
        typeof(CostPage).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "RepositoryRoot").Value!, "docs", "amd-kernels.md");

    private static readonly Lock Writing = new();

    /// <summary>Compares a table with the section of that name, or writes it there.</summary>
    /// <param name="section">Name of the section: between <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- /name --&gt;</c>.</param>
    /// <param name="head">Names of the columns.</param>
    /// <param name="rows">The cells. A number is a ceiling; one with a sign before it is a floor; what is no number has to be the same.</param>
    public static void Verify(string section, string[] head, IReadOnlyList<string[]> rows)
    {
        lock (Writing)
        {
            var page = File.ReadAllText(Path);
            string open = $"<!-- {section} -->\n", close = $"<!-- /{section} -->";
            var start = page.IndexOf(open, StringComparison.Ordinal) + open.Length;
            var end = page.IndexOf(close, StringComparison.Ordinal);
            Assert.True(start > open.Length && end >= start, $"'{Path}' has no section '{section}'.");
            if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            {
                File.WriteAllText(Path, page[..start] + Table(head, rows) + page[end..]);
                return;
            }

            var recorded = page[start..end].Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(CellsOf).ToArray();
            Assert.True(recorded.Length == rows.Count, $"Section '{section}' of '{Path}' has {recorded.Length} rows, not {rows.Count}. Run the tests with UPDATE_GOLDEN=1.");
            foreach (var (was, now) in recorded.Zip(rows))
            {
                Assert.True(was.Zip(now).All(static pair => IsNoWorse(pair.First, pair.Second)),
                    $"'{section}': recorded is {string.Join(" | ", was)}, measured was {string.Join(" | ", now)}. If that has to be, run the tests with UPDATE_GOLDEN=1.");
            }
        }
    }

    /// <summary>A number as it stands in a cell.</summary>
    public static string Cell(double value, string format = "0.#") => value.ToString(format, CultureInfo.InvariantCulture);

    private static bool IsNoWorse(string was, string now) => (Number(was), Number(now)) switch
    {
        ({ } recorded, { } measured) => was.StartsWith('≥') ? measured >= recorded : measured <= recorded,
        _ => was == now,
    };

    private static double? Number(string cell) =>
        double.TryParse(cell.TrimStart('≥'), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] CellsOf(string line) => [.. line.Trim('|', ' ').Split('|').Select(static cell => cell.Trim())];

    private static string Table(string[] head, IReadOnlyList<string[]> rows) => string.Concat(
        new[] { head, [.. head.Select(static (_, i) => i < 2 ? "---" : "--:")] }.Concat(rows).Select(static row => "| " + string.Join(" | ", row) + " |\n"));
}
