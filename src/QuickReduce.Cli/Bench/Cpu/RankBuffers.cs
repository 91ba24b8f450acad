using System.Runtime.InteropServices;

namespace QuickReduce.Cli.Bench.Cpu;

/// <summary>One rank's memory for inputs and outputs: one stretch of each, of which calls take a part. Not thread-safe.</summary>
internal sealed unsafe class RankBuffers : IDisposable
{
    private const int Alignment = 4096;

    private readonly long _bytes;
    private byte* _input;
    private byte* _output;

    /// <summary>Allocates.</summary>
    /// <param name="bytes">Bytes of input, and of output.</param>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public RankBuffers(long bytes)
    {
        _bytes = bytes;
        _input = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        try
        {
            _output = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A part of the inputs.</summary>
    public ReadOnlySpan<T> Input<T>(long offset, int count)
        where T : unmanaged => new((T*)(_input + offset), count);

    /// <summary>A part of the outputs.</summary>
    public Span<T> Output<T>(long offset, int count)
        where T : unmanaged => new((T*)(_output + offset), count);

    /// <summary>Fills the inputs with a pattern, over and over, and touches the outputs.</summary>
    public void Fill(ReadOnlySpan<byte> pattern)
    {
        for (var offset = 0L; offset < _bytes; offset += pattern.Length)
        {
            var length = (int)long.Min(pattern.Length, _bytes - offset);
            pattern[..length].CopyTo(new Span<byte>(_input + offset, length));
        }

        Poison(_bytes);
    }

    /// <summary>Writes to the beginning of the outputs what no sum is.</summary>
    public void Poison(long bytes) => NativeMemory.Fill(_output, (nuint)bytes, 0xFF);

    /// <summary>Whether the outputs begin with a pattern, over and over, and a tail.</summary>
    public bool OutputIs(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> tail, long bytes)
    {
        var offset = 0L;
        for (; offset + pattern.Length <= bytes; offset += pattern.Length)
        {
            if (!pattern.SequenceEqual(new ReadOnlySpan<byte>(_output + offset, pattern.Length)))
            {
                return false;
            }
        }

        return tail.SequenceEqual(new ReadOnlySpan<byte>(_output + offset, checked((int)(bytes - offset))));
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_input);
        NativeMemory.AlignedFree(_output);
        _input = null;
        _output = null;
    }
}
