using System.Buffers.Binary;
using System.Text;

namespace QuickReduce.Rendezvous;

/// <summary>Writes the payload of a frame: fixed little-endian fields, bounded byte strings, nothing else.</summary>
internal sealed class PayloadWriter
{
    private readonly MemoryStream _bytes = new();

    public PayloadWriter Byte(byte value)
    {
        _bytes.WriteByte(value);
        return this;
    }

    public PayloadWriter UInt32(uint value)
    {
        Span<byte> field = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(field, value);
        _bytes.Write(field);
        return this;
    }

    public PayloadWriter Raw(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }

    public PayloadWriter Bytes(ReadOnlySpan<byte> value) => UInt32((uint)value.Length).Raw(value);

    public PayloadWriter Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    public byte[] ToArray() => _bytes.ToArray();
}

/// <summary>Reads the payload of a frame; whatever does not fit exactly is refused.</summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    public byte Byte() => Raw(1)[0];

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Raw(sizeof(uint)));

    public ReadOnlySpan<byte> Raw(int count)
    {
        if ((uint)count > (uint)_rest.Length)
        {
            throw new InvalidDataException("A frame is shorter than what it should hold.");
        }

        var value = _rest[..count];
        _rest = _rest[count..];
        return value;
    }

    public ReadOnlySpan<byte> Bytes() => Raw((int)uint.Min(UInt32(), int.MaxValue));

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new InvalidDataException("A frame is longer than what it should hold.");
        }
    }
}
