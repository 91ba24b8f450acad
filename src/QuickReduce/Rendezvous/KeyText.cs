using System.Buffers.Binary;
using System.Globalization;

namespace QuickReduce.Rendezvous;

/// <summary>
/// Keys and hashes as hexadecimal digits. Word by word: what the library has for bytes is vectorised, and so is compiled in
/// every process that starts.
/// </summary>
internal static class KeyText
{
    private const int DigitsPerWord = 2 * sizeof(ulong);

    /// <summary>Writes whole words of eight bytes.</summary>
    public static string Write(ReadOnlySpan<byte> key)
    {
        var text = string.Empty;
        for (var rest = key; !rest.IsEmpty; rest = rest[sizeof(ulong)..])
        {
            text += BinaryPrimitives.ReadUInt64BigEndian(rest).ToString("x16", CultureInfo.InvariantCulture);
        }

        return text;
    }

    /// <summary>Reads what <see cref="Write"/> wrote; null where it is something else.</summary>
    public static byte[]? Read(ReadOnlySpan<char> text)
    {
        if (text.Length % DigitsPerWord != 0)
        {
            return null;
        }

        var key = new byte[text.Length / 2];
        for (var at = 0; at < key.Length; at += sizeof(ulong))
        {
            if (!ulong.TryParse(text.Slice(2 * at, DigitsPerWord), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var word))
            {
                return null;
            }

            BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(at), word);
        }

        return key;
    }
}
