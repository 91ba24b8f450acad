using System.Buffers.Binary;
using System.Text;

namespace QuickReduce.Emulation.CodeObjects;

/// <summary>
/// Reads MessagePack documents (msgpack.org, "MessagePack specification") into maps, arrays, texts and integers: what the
/// metadata note of a code object consists of.
/// </summary>
internal ref struct MessagePack
{
    private ReadOnlySpan<byte> _rest;

    private MessagePack(ReadOnlySpan<byte> bytes) => _rest = bytes;

    /// <summary>The document: <see cref="Dictionary{TKey, TValue}"/>, <see cref="List{T}"/>, text, <see cref="long"/>, <see cref="bool"/> or null.</summary>
    /// <exception cref="CodeObjectException">It is damaged.</exception>
    public static object? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return new MessagePack(bytes).Value(depth: 0);
        }
        catch (Exception failure) when (failure is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new CodeObjectException("its metadata is damaged", failure);
        }
    }

    private object? Value(int depth)
    {
        const int MostDepth = 32;
        if (depth > MostDepth)
        {
            throw new CodeObjectException("its metadata is nested too deeply");
        }

        var code = Take(1)[0];
        return code switch
        {
            <= 0x7f => (long)code,
            <= 0x8f => Map(code & 0x0f, depth),
            <= 0x9f => Array(code & 0x0f, depth),
            <= 0xbf => Text(code & 0x1f),
            0xc0 => null,
            0xc2 => false,
            0xc3 => true,
            0xc4 or 0xc5 or 0xc6 => Take(Length(code - 0xc4)).ToArray(),
            0xcc or 0xcd or 0xce or 0xcf => checked((long)Unsigned(code - 0xcc)),
            0xd0 or 0xd1 or 0xd2 or 0xd3 => Signed(code - 0xd0),
            0xd9 or 0xda or 0xdb => Text(Length(code - 0xd9)),
            0xdc or 0xdd => Array(Length(code - 0xdb), depth),
            0xde or 0xdf => Map(Length(code - 0xdd), depth),
            >= 0xe0 => (long)(sbyte)code,
            _ => throw new CodeObjectException("its metadata has a value of an unknown kind"),
        };
    }

    private Dictionary<string, object?> Map(int count, int depth)
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (; count > 0; count--)
        {
            var key = Value(depth + 1) as string ?? throw new CodeObjectException("its metadata has a key that is no text");
            map[key] = Value(depth + 1);
        }

        return map;
    }

    private List<object?> Array(int count, int depth)
    {
        var values = new List<object?>();
        for (; count > 0; count--)
        {
            values.Add(Value(depth + 1));
        }

        return values;
    }

    private string Text(int bytes) => Encoding.UTF8.GetString(Take(bytes));

    private int Length(int sizeExponent) => checked((int)Unsigned(sizeExponent));

    private ulong Unsigned(int sizeExponent) => sizeExponent switch
    {
        0 => Take(1)[0],
        1 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        2 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        _ => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
    };

    private long Signed(int sizeExponent)
    {
        var unused = 64 - (8 << sizeExponent);
        return (long)(Unsigned(sizeExponent) << unused) >> unused;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
