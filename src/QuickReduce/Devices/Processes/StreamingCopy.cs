using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuickReduce.Devices.Processes;

/// <summary>Copies past the caches what will not be read soon.</summary>
internal static unsafe class StreamingCopy
{
    private const int CacheLine = 64;

    /// <summary>
    /// Copies memory that does not overlap: whole cache lines of the target past the caches, what is before and after
    /// them with ordinary stores. Whoever is told of it must be told after a fence (<see cref="Thread.MemoryBarrier"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run(byte* source, byte* target, nint bytes)
    {
        var before = nint.Min(-(nint)target & (CacheLine - 1), bytes);
        Buffer.MemoryCopy(source, target, before, before);
        source += before;
        target += before;
        bytes -= before;

        var lines = bytes / CacheLine * CacheLine;
        for (nint offset = 0; offset < lines; offset += CacheLine)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Vector512.Load(source + offset).StoreAlignedNonTemporal(target + offset);
            }
            else
            {
                var first = Vector256.Load(source + offset);
                var second = Vector256.Load(source + offset + Vector256<byte>.Count);
                first.StoreAlignedNonTemporal(target + offset);
                second.StoreAlignedNonTemporal(target + offset + Vector256<byte>.Count);
            }
        }

        Buffer.MemoryCopy(source + lines, target + lines, bytes - lines, bytes - lines);
    }
}
