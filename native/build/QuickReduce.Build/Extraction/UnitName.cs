using System.Text;

namespace QuickReduce.Build;

/// <summary>A unit's name is its file name on every platform; this says which names can be.</summary>
internal static class UnitName
{
    /// <summary>Leaves room for the longest suffix that the build appends within the usual 255 bytes of a file name.</summary>
    public const int MaxBytes = 200;

    private const string Forbidden = "<>:\"/\\|?*;%";

    private static readonly HashSet<string> DeviceNames = new(
        ["CON", "PRN", "AUX", "NUL", .. Enumerable.Range(1, 9).Select(n => "COM" + n), .. Enumerable.Range(1, 9).Select(n => "LPT" + n)],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Why the name can't be used, or null.</summary>
    public static string? Problem(string? name)
    {
        if (name is null || name.Length == 0)
        {
            return "is empty";
        }

        if (name.IndexOfAny(Forbidden.ToCharArray()) >= 0 || name.Any(char.IsControl))
        {
            return $"has a character that a file name can't have (one of {Forbidden} or a control character)";
        }

        if (name[0] is '.' or '-' or ' ' || name[name.Length - 1] is '.' or ' ')
        {
            return "begins with '.', '-' or a space, or ends with '.' or a space";
        }

        if (DeviceNames.Contains(name.Split('.')[0]))
        {
            return "is the name of a device on Windows";
        }

        return Encoding.UTF8.GetByteCount(name) > MaxBytes ? $"is longer than {MaxBytes} bytes" : null;
    }
}
