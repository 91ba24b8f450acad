using System.Reflection;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;
using Xunit.Sdk;

namespace QuickReduce.Generators.Tests.Support;

/// <summary>
/// Compares text with a file under <c>Golden/</c>. <c>UPDATE_GOLDEN=1</c> accepts what was received; otherwise a
/// difference is written beside the file as <c>.received</c> and shown in the message.
/// </summary>
internal static class Golden
{
    private const int ContextLines = 3;
    private const int MostLinesShown = 80;

    /// <summary>Root of the sources that the tests were built from.</summary>
    public static string RepositoryRoot { get; } = typeof(Golden).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == nameof(RepositoryRoot)).Value!;

    private static string Folder => Path.Combine(RepositoryRoot, "tests", "QuickReduce.Generators.Tests", "Golden");

    public static void Verify(string fileName, string received)
    {
        var path = Path.Combine(Folder, fileName);
        var receivedPath = Path.Combine(Folder, Path.GetFileNameWithoutExtension(fileName) + ".received" + Path.GetExtension(fileName));
        received = received.ReplaceLineEndings("\n");
        File.Delete(receivedPath);

        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllText(path, received);
            return;
        }

        var expected = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : string.Empty;
        if (expected != received)
        {
            File.WriteAllText(receivedPath, received);
            throw new XunitException(
                $"'{fileName}' differs from what was received. If that is right, run the tests with UPDATE_GOLDEN=1.\n{Diff(expected, received)}");
        }
    }

    /// <summary>Compares text with what stands between two markers in a page: <c>&lt;!-- name --&gt; … &lt;!-- /name --&gt;</c>.</summary>
    public static void VerifySection(string path, string name, string received)
    {
        var page = File.ReadAllText(path).ReplaceLineEndings("\n");
        string open = "<!-- " + name + " -->\n", close = "<!-- /" + name + " -->";
        var start = page.IndexOf(open, StringComparison.Ordinal) + open.Length;
        var end = page.IndexOf(close, StringComparison.Ordinal);
        Assert.True(start > open.Length && end >= start, $"'{path}' has no section '{name}'.");
        if (page[start..end] == received)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, page[..start] + received + page[end..]);
            return;
        }

        throw new XunitException($"Section '{name}' of '{path}' is not up to date. Run the tests with UPDATE_GOLDEN=1.\n{Diff(page[start..end], received)}");
    }

    private static string Diff(string expected, string received)
    {
        var lines = InlineDiffBuilder.Diff(expected, received).Lines;
        var changed = lines.Select((line, index) => (line, index)).Where(l => l.line.Type != ChangeType.Unchanged).Select(l => l.index).ToHashSet();
        var shown = lines
            .Where((_, index) => Enumerable.Range(index - ContextLines, 2 * ContextLines + 1).Any(changed.Contains))
            .Take(MostLinesShown)
            .Select(line => line.Type switch { ChangeType.Inserted => "+ ", ChangeType.Deleted => "- ", _ => "  " } + line.Text);
        return string.Join("\n", shown);
    }
}
