using System.Globalization;

namespace QuickReduce.Policy;

/// <summary>Sizes in bytes as people write them: <c>4096</c>, <c>64K</c>, <c>2M</c>, <c>1G</c>; powers of 1024.</summary>
internal static class ByteSize
{
    private static readonly (string Letter, int Shift)[] Units = [("G", 30), ("M", 20), ("K", 10)];

    /// <summary>Reads a size; the unit may also be written <c>KB</c> or <c>KiB</c>, in any case.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        var number = text.Trim();
        var shift = 0;
        foreach (var (letter, unit) in Units)
        {
            foreach (var suffix in new[] { letter + "iB", letter + "B", letter })
            {
                if (shift == 0 && number.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                {
                    (number, shift) = (number[..^suffix.Length].TrimEnd(), unit);
                }
            }
        }

        var isNumber = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= long.MaxValue >> shift;
        bytes = isNumber ? value << shift : 0;
        return isNumber;
    }

    /// <summary>For messages: <c>2 MiB</c>, <c>1000 bytes</c>.</summary>
    public static string Format(long bytes)
    {
        foreach (var (letter, shift) in Units)
        {
            if (bytes > 0 && (bytes & ((1L << shift) - 1)) == 0)
            {
                return (bytes >> shift).ToString(CultureInfo.InvariantCulture) + " " + letter + "iB";
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + " bytes";
    }
}
