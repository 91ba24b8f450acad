using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using QuickReduce.Policy;
using Xunit;

namespace QuickReduce.Tests.Policy;

/// <summary>The pages say what the code does.</summary>
public sealed class PolicyPageTests
{
    private static readonly string Root =
        typeof(PolicyPageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(static entry => entry.Key == "RepositoryRoot").Value!;

    [Fact]
    public void MinimumSizesAreThoseInTheCode()
    {
        var rows = Between(Page("policy.md"), "<!-- minimum sizes -->", "<!-- /minimum sizes -->").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var regimes = Cells(rows[0]).Skip(2).ToArray();
        var sizes = rows.Skip(2).Select(Cells).SelectMany(cells => regimes.Select((regime, column) => string.Join(' ', cells[0], cells[1], regime, cells[column + 2])));
        var expected = PublishedMinimumSizes.All.Select(static size =>
            string.Join(' ', KernelVariant.NameOf(size.DataType), size.WorldSize, size.Regime, (size.Bytes >> 20).ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(expected.Order(), sizes.Order());
    }

    [Fact]
    public void EveryVariableOfThePolicyIsOnItsPage()
    {
        var page = Page("environment.md");
        Assert.All(PolicyVariables.All, name => Assert.Contains("`" + name + "`", page, StringComparison.Ordinal));
    }

    /// <summary>Whoever reads a variable of ours documents it.</summary>
    [Fact]
    public void EveryVariableOfOursIsOnItsPage()
    {
        var page = Page("environment.md");
        var sources = Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories).Where(static file => !file.Contains("/obj/", StringComparison.Ordinal));
        var names = sources.SelectMany(static file => Regex.Matches(File.ReadAllText(file), "\"(QUICKREDUCE_[A-Z0-9_]+)\"").Select(static match => match.Groups[1].Value)).Distinct().ToArray();
        Assert.Contains("QUICKREDUCE_RUNTIME_DIR", names);
        Assert.All(names, name => Assert.Contains("`" + name + "`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void NominalAccuracyIsThatOfNumerics()
    {
        var rows = Page("numerics.md").Split('\n').SkipWhile(static line => !line.StartsWith("| `b` | `g` |", StringComparison.Ordinal)).Skip(2).TakeWhile(static line => line.StartsWith('|')).Select(Cells).ToArray();
        Assert.Equal(SpecializationRules.Modes.Count - 1, rows.Length);
        foreach (var row in rows)
        {
            var scaleFormat = row[1].EndsWith(" shared", StringComparison.Ordinal) ? ScaleFormat.SharedExponent : ScaleFormat.BFloat16;
            var mode = new AllReduceMode((QuantRegime)int.Parse(row[0], CultureInfo.InvariantCulture), int.Parse(row[1].Split(' ')[0], CultureInfo.InvariantCulture), scaleFormat);
            Assert.Equal(double.Parse(row[4], CultureInfo.InvariantCulture), NominalAccuracy.SnrDb(mode, AllReduceAlgorithm.OneShot));
            Assert.Equal(double.Parse(row[5], CultureInfo.InvariantCulture), NominalAccuracy.SnrDb(mode, AllReduceAlgorithm.TwoShot));
        }
    }

    [Fact]
    public void TheProfileOnThePageCanBeLoaded()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Between(Page("policy.md"), "```json\n", "```"));
            Assert.Equal(12.5, Assert.Single(TuningProfile.Load(file).Find(DeviceKind.Managed, DataType.Float16, 4, 65_536)).MedianMicroseconds);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void TheExplanationOnThePageIsTheOneThatIsGiven()
    {
        var policy = AllReducePolicy.FromEnvironment(static name => name == "QUICKREDUCE_REGIME" ? "INT4" : null);
        Assert.Contains(policy.Explain(16 << 20, DataType.Float16, 4, Collectives.TestKernels.Default).ToString(), Page("policy.md"), StringComparison.Ordinal);
    }

    private static string Page(string name) => File.ReadAllText(Path.Combine(Root, "docs", name)).ReplaceLineEndings("\n");

    private static string Between(string text, string start, string end)
    {
        var from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    private static string[] Cells(string row) => [.. row.Trim('|').Split('|').Select(static cell => cell.Trim())];
}
