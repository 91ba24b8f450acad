using System.Globalization;

namespace QuickReduce.Cli.CommandLine;

/// <summary>Sizes of messages, as people write them: <c>2K</c>, <c>1M</c>, <c>2K..32M</c>. The letters are powers of 1024.</summary>
internal static class MessageSize
{
    private const string Form = "a number of bytes, with K, M or G behind it for powers of 1024: 2K, 1M, 2G; or a range, which doubles: 2K..32M";

    /// <summary>Reads a list of sizes and ranges.</summary>
    /// <param name="text">Sizes with commas between them.</param>
    /// <param name="sizes">The sizes, each once, in ascending order.</param>
    /// <param name="problem">What is wrong, as a sentence; null if nothing is.</param>
    public static bool TryParseList(string text, out long[] sizes, out string? problem)
    {
        SortedSet<long> found = [];
        problem = null;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split("..");
            if (ends.Length > 2 || !TryParse(ends[0], out var first) || !TryParse(ends[^1], out var last) || last < first)
            {
                problem = $"'{part}' is no size: {Form}.";
                break;
            }

            for (var size = first; size <= last; size *= 2)
            {
                found.Add(size);
            }
        }

        sizes = [.. found];
        return problem is null;
    }

    /// <summary>As short as it can be said exactly: <c>32 MiB</c>, <c>2.5 KiB</c>, <c>100 B</c>.</summary>
    public static string Describe(long bytes)
    {
        var (unit, name) = bytes switch
        {
            >= 1 << 30 => (1L << 30, " GiB"),
            >= 1 << 20 => (1L << 20, " MiB"),
            >= 1 << 10 => (1L << 10, " KiB"),
            _ => (1L, " B"),
        };
        return ((double)bytes / unit).ToString("0.##", CultureInfo.InvariantCulture) + name;
    }

    private static bool TryParse(string text, out long bytes)
    {
        var number = text.Trim().ToUpperInvariant();
        number = number.EndsWith("IB", StringComparison.Ordinal) ? number[..^2] : number;
        var shift = number.Length == 0 ? 0 : number[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        var digits = shift == 0 ? number : number[..^1];
        bytes = 0;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count <= 0 || count > long.MaxValue >> (shift + 8))
        {
            return false;
        }

        bytes = count << shift;
        return true;
    }
}
