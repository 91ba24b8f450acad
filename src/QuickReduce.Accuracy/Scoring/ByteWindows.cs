using System.Buffers;
using System.Text;

namespace QuickReduce.Accuracy;

/// <summary>
/// A text cut into windows that do not overlap: a model reads a window's bytes and is asked, at each, for the next one.
/// Immutable and thread-safe.
/// </summary>
public sealed class ByteWindows
{
    private readonly byte[] _text;

    private ByteWindows(byte[] text, int length, int count)
    {
        _text = text;
        Length = length;
        Count = count;
    }

    /// <summary>Bytes in a window.</summary>
    public int Length { get; }

    /// <summary>Number of windows: as many as are whole and have a next byte after their last.</summary>
    public int Count { get; }

    /// <summary>Reads a text.</summary>
    /// <param name="path">A file in UTF-8.</param>
    /// <param name="length">Bytes in a window.</param>
    /// <param name="most">Windows to take at most, from the beginning; null for all.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="InvalidDataException">It is not UTF-8, or too short for one window.</exception>
    public static ByteWindows Read(string path, int length, int? most = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(most ?? 1, 1);
        var text = File.ReadAllBytes(path);
        if (FirstThatIsNotUtf8(text) is { } invalid)
        {
            throw new InvalidDataException("'" + path + "' is not UTF-8 text: at byte " + invalid + " there is no character. Convert it first.");
        }

        var count = (text.Length - 1) / length;
        return count >= 1
            ? new ByteWindows(text, length, int.Min(count, most ?? count))
            : throw new InvalidDataException("'" + path + "' has " + text.Length + " bytes; scoring one window takes " + (length + 1) + ".");
    }

    /// <summary>The bytes of a window.</summary>
    public ReadOnlySpan<byte> Tokens(int window) => _text.AsSpan(window * Length, Length);

    /// <summary>The byte that follows each byte of a window.</summary>
    public ReadOnlySpan<byte> Targets(int window) => _text.AsSpan((window * Length) + 1, Length);

    private static int? FirstThatIsNotUtf8(ReadOnlySpan<byte> text)
    {
        var rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(rest, out _, out var consumed) != OperationStatus.Done)
            {
                return text.Length - rest.Length;
            }

            rest = rest[consumed..];
        }

        return null;
    }
}
