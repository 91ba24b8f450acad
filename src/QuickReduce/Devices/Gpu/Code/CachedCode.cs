using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Devices.Gpu.Code;

/// <summary>A code object in the cache, and how its file reads: lines that people can read, an empty one, the code.</summary>
/// <param name="Key">What identifies it; also its file name.</param>
/// <param name="Unit">Name of the translation unit.</param>
/// <param name="Architecture">What it was compiled for.</param>
/// <param name="Compiler">The compiler's identity.</param>
internal sealed record CachedCode(string Key, string Unit, string Architecture, string Compiler)
{
    private const string FirstLine = "quickreduce code object 1";
    private const int MostHeaderBytes = 16 * 1024;

    private static ReadOnlySpan<byte> HeaderEnd => "\n\n"u8;

    /// <summary>The file's bytes.</summary>
    public byte[] Write(ReadOnlySpan<byte> code)
    {
        var header = string.Join('\n', FirstLine, "key: " + Key, "unit: " + Unit, "architecture: " + Architecture, "compiler: " + Compiler, "bytes: " + code.Length.ToString(CultureInfo.InvariantCulture), "sha256: " + Convert.ToHexStringLower(SHA256.HashData(code)));
        return [.. Encoding.UTF8.GetBytes(header), .. HeaderEnd, .. code];
    }

    /// <summary>Reads a file; null for one that is damaged, or of another version.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="code">The code.</param>
    public static CachedCode? Read(byte[] file, out byte[] code)
    {
        code = [];
        var end = file.AsSpan(0, int.Min(file.Length, MostHeaderBytes)).IndexOf(HeaderEnd);
        if (end < 0 || Header(Encoding.UTF8.GetString(file, 0, end)) is not { } header)
        {
            return null;
        }

        var content = file.AsSpan(end + HeaderEnd.Length);
        if (header.Sha256 != Convert.ToHexStringLower(SHA256.HashData(content)))
        {
            return null;
        }

        code = content.ToArray();
        return header.Description;
    }

    /// <summary>Reads what a file says of itself, without its code; null for one that is damaged, or of another version.</summary>
    public static CachedCode? ReadHeader(string path)
    {
        var start = new byte[MostHeaderBytes];
        using var stream = File.OpenRead(path);
        var bytes = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var end = start.AsSpan(0, bytes).IndexOf(HeaderEnd);
        return end < 0 ? null : Header(Encoding.UTF8.GetString(start, 0, end))?.Description;
    }

    private static (CachedCode Description, string Sha256)? Header(string text)
    {
        var lines = text.Split('\n');
        if (lines[0] != FirstLine)
        {
            return null;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0)
            {
                return null;
            }

            values[line[..colon]] = line[(colon + 2)..];
        }

        return values.TryGetValue("key", out var key) && values.TryGetValue("unit", out var unit) && values.TryGetValue("architecture", out var architecture)
            && values.TryGetValue("compiler", out var compiler) && values.TryGetValue("sha256", out var sha256)
            ? (new CachedCode(key, unit, architecture, compiler), sha256)
            : null;
    }
}
