using System.Runtime.InteropServices;
using QuickReduce.Codecs;

namespace QuickReduce.Benchmarks;

/// <summary>One message and its rows, and the loops over them that are measured.</summary>
internal sealed unsafe class CodecWork : IDisposable
{
    private const int MaxWorldSize = 4;
    private readonly RowCodec _codec;
    private readonly int _rowBytes;
    private readonly nint _rows;
    private readonly ushort* _elements;
    private readonly ushort* _copy;
    private readonly byte* _wire;
    private readonly byte* _result;

    /// <summary>Fills a message with normally distributed elements and encodes it once for every rank.</summary>
    public CodecWork(DataType type, AllReduceMode mode, long messageBytes)
    {
        _codec = RowCodec.For(type, mode);
        _rowBytes = _codec.RowBytes;
        _rows = (nint)(messageBytes / sizeof(ushort) / RowCodec.ElementsPerRow);
        MessageBytes = _rows * RowCodec.ElementsPerRow * sizeof(ushort);
        _elements = (ushort*)NativeMemory.AlignedAlloc((nuint)MessageBytes, 64);
        _copy = (ushort*)NativeMemory.AlignedAlloc((nuint)MessageBytes, 64);
        _wire = (byte*)NativeMemory.AlignedAlloc((nuint)(MaxWorldSize * _rows * _rowBytes), 64);
        _result = (byte*)NativeMemory.AlignedAlloc((nuint)(_rows * _rowBytes), 64);
        var random = new Random(1);
        for (nint i = 0; i < _rows * RowCodec.ElementsPerRow; i++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            _elements[i] = type == DataType.Float16
                ? BitConverter.HalfToUInt16Bits((Half)normal)
                : (ushort)(BitConverter.SingleToUInt32Bits((float)normal) >> 16);
        }

        // Rank by rank within a row, as segments of one row lie in a workspace.
        for (nint row = 0; row < MaxWorldSize * _rows; row++)
        {
            _codec.Encode(_elements + row / MaxWorldSize * RowCodec.ElementsPerRow, RowCodec.ElementsPerRow, _wire + row * _rowBytes);
        }

        Decode();
    }

    /// <summary>Bytes of the 16-bit side.</summary>
    public long MessageBytes { get; }

    /// <summary>Encodes the message.</summary>
    public void Encode()
    {
        for (nint row = 0; row < _rows; row++)
        {
            _codec.Encode(_elements + row * RowCodec.ElementsPerRow, RowCodec.ElementsPerRow, _wire + row * _rowBytes);
        }
    }

    /// <summary>Decodes the message.</summary>
    public void Decode()
    {
        for (nint row = 0; row < _rows; row++)
        {
            _codec.Decode(_wire + row * _rowBytes, _copy + row * RowCodec.ElementsPerRow, RowCodec.ElementsPerRow);
        }
    }

    /// <summary>Reduces the rows of four ranks.</summary>
    public void Reduce()
    {
        for (nint row = 0; row < _rows; row++)
        {
            _codec.Reduce(_wire + row * MaxWorldSize * _rowBytes, _rowBytes, MaxWorldSize, RowCodec.ElementsPerRow, _result + row * _rowBytes);
        }
    }

    /// <summary>Sums the rows of four ranks, as one-shot does.</summary>
    public void Sum()
    {
        for (nint row = 0; row < _rows; row++)
        {
            _codec.Sum(_wire + row * MaxWorldSize * _rowBytes, _rowBytes, MaxWorldSize, _copy + row * RowCodec.ElementsPerRow, RowCodec.ElementsPerRow);
        }
    }

    /// <summary>What memory allows: the message copied.</summary>
    public void Copy() => Buffer.MemoryCopy(_elements, _copy, MessageBytes, MessageBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_elements);
        NativeMemory.AlignedFree(_copy);
        NativeMemory.AlignedFree(_wire);
        NativeMemory.AlignedFree(_result);
    }
}
