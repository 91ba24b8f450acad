using System.Runtime.InteropServices;

namespace QuickReduce.Tests.Codecs;

/// <summary>Unmanaged bytes, aligned to 64, between guards that tell whether someone wrote beside them.</summary>
internal sealed unsafe class NativeMemoryBlock : IDisposable
{
    private const int Guard = 256;
    private const byte GuardValue = 0xA5;
    private readonly byte* _memory;

    public NativeMemoryBlock(int length)
    {
        Length = length;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(length + 2 * Guard), 64);
        new Span<byte>(_memory, length + 2 * Guard).Fill(GuardValue);
    }

    public int Length { get; }

    public byte* Pointer => _memory + Guard;

    public Span<byte> Bytes => new(Pointer, Length);

    public bool GuardsAreIntact =>
        new Span<byte>(_memory, Guard).IndexOfAnyExcept(GuardValue) < 0
        && new Span<byte>(_memory + Guard + Length, Guard).IndexOfAnyExcept(GuardValue) < 0;

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
