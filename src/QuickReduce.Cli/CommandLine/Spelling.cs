namespace QuickReduce.Cli.CommandLine;

/// <summary>What somebody may have meant who typed something that does not exist.</summary>
internal static class Spelling
{
    /// <summary>The name that takes the fewest insertions, deletions and replacements; null where that is half of it or more.</summary>
    public static string? Nearest(string typed, IEnumerable<string> names)
    {
        var nearest = names.Select(name => (Name: name, Distance: Distance(typed.ToLowerInvariant(), name.ToLowerInvariant())))
            .OrderBy(static candidate => candidate.Distance).FirstOrDefault();
        return nearest.Name is { } name && 2 * nearest.Distance < name.Length ? name : null;
    }

    // Levenshtein's, by rows.
    private static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 0; i < left.Length; i++)
        {
            var row = new int[right.Length + 1];
            row[0] = i + 1;
            for (var j = 0; j < right.Length; j++)
            {
                row[j + 1] = int.Min(int.Min(previous[j + 1], row[j]) + 1, previous[j] + (left[i] == right[j] ? 0 : 1));
            }

            previous = row;
        }

        return previous[^1];
    }
}
