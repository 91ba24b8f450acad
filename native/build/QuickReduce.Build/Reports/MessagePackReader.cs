using System.Buffers.Binary;
using System.Text;

namespace QuickReduce.Build;

/// <summary>
/// Reads what LLVM writes into a code object's metadata note: MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md)
/// without extensions. By hand, since a task brings its libraries into the process of every build.
/// </summary>
internal sealed class MessagePackReader
{
    /// <summary>A metadata note has five levels; a damaged one is not followed for ever.</summary>
    private const int MostLevels = 64;

    private readonly byte[] _bytes;
    private int _place;

    private MessagePackReader(byte[] bytes) => _bytes = bytes;

    /// <summary>
    /// The first value: null, bool, long, ulong above a long's range, double, string, byte[], <c>List&lt;object?&gt;</c> or
    /// <c>Dictionary&lt;string, object?&gt;</c>.
    /// </summary>
    /// <exception cref="UnreadableCodeObjectException">It is cut short or uses what LLVM never writes.</exception>
    public static object? Read(byte[] bytes) => new MessagePackReader(bytes).Value(0);

    private object? Value(int level)
    {
        if (level > MostLevels)
        {
            throw Damaged();
        }

        byte first = Take(1)[0];
        return first switch
        {
            <= 0x7f => (long)first,
            <= 0x8f => Map(first & 0x0f, level),
            <= 0x9f => Array(first & 0x0f, level),
            <= 0xbf => String(first & 0x1f),
            0xc0 => null,
            0xc2 => false,
            0xc3 => true,
            0xc4 => Take(Length(1)).ToArray(),
            0xc5 => Take(Length(2)).ToArray(),
            0xc6 => Take(Length(4)).ToArray(),
            0xca => (double)Single(),
            0xcb => BitConverter.Int64BitsToDouble(BinaryPrimitives.ReadInt64BigEndian(Take(8))),
            0xcc => (long)Take(1)[0],
            0xcd => (long)BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xce => (long)BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            0xcf => Unsigned(BinaryPrimitives.ReadUInt64BigEndian(Take(8))),
            0xd0 => (long)(sbyte)Take(1)[0],
            0xd1 => (long)BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xd2 => (long)BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            0xd9 => String(Length(1)),
            0xda => String(Length(2)),
            0xdb => String(Length(4)),
            0xdc => Array(Length(2), level),
            0xdd => Array(Length(4), level),
            0xde => Map(Length(2), level),
            0xdf => Map(Length(4), level),
            >= 0xe0 => (long)(sbyte)first,
            _ => throw Damaged(),
        };
    }

    private static object Unsigned(ulong value) => value <= long.MaxValue ? (long)value : value;

    private float Single()
    {
        byte[] bytes = Take(4).ToArray();
        System.Array.Reverse(bytes);
        return BitConverter.ToSingle(bytes, 0);
    }

    private int Length(int bytes)
    {
        uint length = bytes switch
        {
            1 => Take(1)[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            _ => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        };
        return length <= (uint)(_bytes.Length - _place) ? (int)length : throw Damaged();
    }

    private string String(int length) => Encoding.UTF8.GetString(Take(length).ToArray());

    private List<object?> Array(int count, int level)
    {
        var items = new List<object?>();
        for (int i = 0; i < count; i++)
        {
            items.Add(Value(level + 1));
        }

        return items;
    }

    private Dictionary<string, object?> Map(int count, int level)
    {
        var items = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string key = Value(level + 1) as string ?? throw Damaged();
            items[key] = Value(level + 1);
        }

        return items;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _place)
        {
            throw Damaged();
        }

        _place += count;
        return _bytes.AsSpan(_place - count, count);
    }

    private static UnreadableCodeObjectException Damaged() => new("has metadata that is damaged or cut short");
}
