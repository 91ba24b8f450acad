using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QuickReduce;

/// <summary>
/// The arguments of one kernel launch, laid out as the kernel's <c>Arguments</c>. Filled by generated code, which thereby
/// needs no unsafe code in the user's project.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct KernelArguments
{
    private const int MaxBuffers = 12;

    private readonly Span<byte> _bytes;
    private int _count;
    private Offsets _offsets;
    private ref byte _buffer0, _buffer1, _buffer2, _buffer3, _buffer4, _buffer5, _buffer6, _buffer7, _buffer8, _buffer9, _buffer10, _buffer11;

    /// <summary>Starts with empty arguments.</summary>
    /// <param name="bytes">Room for them.</param>
    public KernelArguments(Span<byte> bytes)
    {
        bytes.Clear();
        _bytes = bytes;
    }

    /// <summary>Sets a buffer: its address, followed by its length.</summary>
    public void AddBuffer<T>(int offset, ReadOnlySpan<T> buffer)
    {
        MemoryMarshal.Write(_bytes[(offset + sizeof(ulong))..], (ulong)buffer.Length);
        _offsets[_count] = offset;
        ref var start = ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(buffer));
        switch (_count++)
        {
            case 0: _buffer0 = ref start; break;
            case 1: _buffer1 = ref start; break;
            case 2: _buffer2 = ref start; break;
            case 3: _buffer3 = ref start; break;
            case 4: _buffer4 = ref start; break;
            case 5: _buffer5 = ref start; break;
            case 6: _buffer6 = ref start; break;
            case 7: _buffer7 = ref start; break;
            case 8: _buffer8 = ref start; break;
            case 9: _buffer9 = ref start; break;
            case 10: _buffer10 = ref start; break;
            case 11: _buffer11 = ref start; break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>Sets a buffer that the kernel may write.</summary>
    public void AddBuffer<T>(int offset, Span<T> buffer) => AddBuffer(offset, (ReadOnlySpan<T>)buffer);

    /// <summary>Sets a value.</summary>
    public readonly void AddScalar<T>(int offset, T value)
        where T : unmanaged => MemoryMarshal.Write(_bytes[offset..], value);

    /// <summary>Pins the buffers and runs the blocks.</summary>
    internal readonly unsafe void Pin(nint entryPoint, uint blocks, int maxThreads)
    {
        fixed (byte* arguments = _bytes)
        fixed (byte* b0 = &_buffer0, b1 = &_buffer1, b2 = &_buffer2, b3 = &_buffer3, b4 = &_buffer4, b5 = &_buffer5)
        fixed (byte* b6 = &_buffer6, b7 = &_buffer7, b8 = &_buffer8, b9 = &_buffer9, b10 = &_buffer10, b11 = &_buffer11)
        {
            ReadOnlySpan<nint> buffers = [(nint)b0, (nint)b1, (nint)b2, (nint)b3, (nint)b4, (nint)b5, (nint)b6, (nint)b7, (nint)b8, (nint)b9, (nint)b10, (nint)b11];
            for (var i = 0; i < _count; i++)
            {
                MemoryMarshal.Write(_bytes[_offsets[i]..], (ulong)buffers[i]);
            }

            BlockRunner.Run(entryPoint, arguments, blocks, maxThreads);
        }
    }

    [InlineArray(MaxBuffers)]
    private struct Offsets
    {
        private int _first;
    }
}
