using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace QuickReduce.Accuracy.Arithmetic;

/// <summary>Single precision to the element types of all-reduces and back.</summary>
internal static class Elements
{
    /// <summary>Rounds to the nearest, ties to even.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is no element type.</exception>
    public static void Narrow<T>(ReadOnlySpan<float> source, Span<T> destination)
        where T : unmanaged
    {
        if (typeof(T) == typeof(Half))
        {
            TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<T, Half>(destination));
        }
        else if (typeof(T) == typeof(BFloat16))
        {
            NarrowToBFloat16(source, MemoryMarshal.Cast<T, BFloat16>(destination));
        }
        else if (typeof(T) == typeof(float))
        {
            source.CopyTo(MemoryMarshal.Cast<T, float>(destination));
        }
        else
        {
            throw new NotSupportedException(typeof(T) + " is no element type of an all-reduce.");
        }
    }

    /// <summary>Exactly the same values.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is no element type.</exception>
    public static void Widen<T>(ReadOnlySpan<T> source, Span<float> destination)
        where T : unmanaged
    {
        if (typeof(T) == typeof(Half))
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<T, Half>(source), destination);
        }
        else if (typeof(T) == typeof(BFloat16))
        {
            WidenBFloat16(MemoryMarshal.Cast<T, ushort>(source), destination);
        }
        else if (typeof(T) == typeof(float))
        {
            MemoryMarshal.Cast<T, float>(source).CopyTo(destination);
        }
        else
        {
            throw new NotSupportedException(typeof(T) + " is no element type of an all-reduce.");
        }
    }

    private static void NarrowToBFloat16(ReadOnlySpan<float> source, Span<BFloat16> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var narrow = MemoryMarshal.Cast<BFloat16, ushort>(destination);
        var i = 0;
        for (; i <= source.Length - (2 * Vector256<uint>.Count); i += 2 * Vector256<uint>.Count)
        {
            var first = Vector256.Create(bits[i..]);
            var second = Vector256.Create(bits[(i + Vector256<uint>.Count)..]);
            if (Vector256.EqualsAll(first.AsSingle(), first.AsSingle()) && Vector256.EqualsAll(second.AsSingle(), second.AsSingle()))
            {
                Vector256.Narrow(Round(first), Round(second)).CopyTo(narrow[i..]);
            }
            else
            {
                NarrowEach(source.Slice(i, 2 * Vector256<uint>.Count), destination[i..]);
            }
        }

        NarrowEach(source[i..], destination[i..]);
    }

    // Of numbers: half a unit in the last place, less a bit where the result is even already.
    private static Vector256<uint> Round(Vector256<uint> bits) =>
        (bits + Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256<uint>.One)) >>> 16;

    private static void NarrowEach(ReadOnlySpan<float> source, Span<BFloat16> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = (BFloat16)source[i];
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var wide = MemoryMarshal.Cast<float, uint>(destination);
        var i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Create(source[i..]));
            (lower << 16).CopyTo(wide[i..]);
            (upper << 16).CopyTo(wide[(i + Vector256<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            wide[i] = (uint)source[i] << 16;
        }
    }
}
