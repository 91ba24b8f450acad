using System.Globalization;

namespace QuickReduce.Cli.Launch;

/// <summary>How the ranks of a job ended.</summary>
/// <param name="Endings">Of each rank.</param>
/// <param name="FirstFailure">The rank that failed first, before the launcher ended any; null for none.</param>
/// <param name="Interruption">The signal that ended the job from outside, before a rank failed; null for none.</param>
internal sealed record JobResult(IReadOnlyList<ProcessEnding> Endings, int? FirstFailure, Signal? Interruption)
{
    /// <summary>That of the first rank that failed; otherwise that of the signal; 0 where all ranks did.</summary>
    public int ExitCode =>
        FirstFailure is { } rank ? Endings[rank].ShellCode
        : Interruption is { } signal ? new ProcessEnding(0, signal).ShellCode
        : CommandLine.ExitCode.Success;

    /// <summary>Lines that say what became of every rank; none where all went well.</summary>
    public IEnumerable<string> Summary()
    {
        if (FirstFailure is null && Interruption is null)
        {
            yield break;
        }

        if (FirstFailure is { } first)
        {
            yield return "rank " + first + " failed first: it " + Endings[first] + ".";
        }

        foreach (var group in Enumerable.Range(0, Endings.Count).Where(rank => rank != FirstFailure).GroupBy(rank => Endings[rank]))
        {
            var ranks = group.Select(static rank => rank.ToString(CultureInfo.InvariantCulture)).ToArray();
            yield return (ranks.Length == 1 ? "rank " : "ranks ") + string.Join(", ", ranks) + " "
                + Plural(group.Key.ToString(), ranks.Length) + ".";
        }
    }

    private static string Plural(string ending, int count) =>
        count > 1 && ending.StartsWith("was ", StringComparison.Ordinal) ? "were " + ending["was ".Length..] : ending;
}
