using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuickReduce.Codecs;

/// <summary>512-bit vectors.</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<uint>>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static int Lanes => 16;

    [MethodImpl(Inline)]
    public static Vector512<uint> Broadcast(uint value) => Vector512.Create(value);

    [MethodImpl(Inline)]
    public static Vector512<uint> BroadcastHalves(uint first, uint second) =>
        Vector512.Create(Vector256.Create(first), Vector256.Create(second));

    [MethodImpl(Inline)]
    public static Vector512<uint> BroadcastFour(uint first, uint second, uint third, uint fourth) =>
        Vector512.Create(Vector128.Create(first, second, third, fourth));

    [MethodImpl(Inline)]
    public static Vector512<uint> Load(void* address) => Vector512.Load((uint*)address);

    [MethodImpl(Inline)]
    public static void Store(void* address, Vector512<uint> value) => value.Store((uint*)address);

    [MethodImpl(Inline)]
    public static void StoreNonTemporal(void* address, Vector512<uint> value) =>
        value.StoreAlignedNonTemporal((uint*)address);

    [MethodImpl(Inline)]
    public static Vector512<uint> Select(Vector512<uint> mask, Vector512<uint> whenSet, Vector512<uint> whenClear) =>
        Vector512.ConditionalSelect(mask, whenSet, whenClear);

    [MethodImpl(Inline)]
    public static Vector512<uint> And(Vector512<uint> left, Vector512<uint> right) => left & right;

    [MethodImpl(Inline)]
    public static Vector512<uint> Or(Vector512<uint> left, Vector512<uint> right) => left | right;

    [MethodImpl(Inline)]
    public static Vector512<uint> ShiftLeft32(Vector512<uint> value, int count) => value << count;

    [MethodImpl(Inline)]
    public static Vector512<uint> ShiftRight32(Vector512<uint> value, int count) => value >>> count;

    [MethodImpl(Inline)]
    public static Vector512<uint> ShiftRightSigned32(Vector512<uint> value, int count) =>
        (value.AsInt32() >> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> ShiftRightSigned16(Vector512<uint> value, int count) =>
        (value.AsInt16() >> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> ShiftLeft64(Vector512<uint> value, int count) =>
        (value.AsUInt64() << count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> ShiftRight64(Vector512<uint> value, int count) =>
        (value.AsUInt64() >>> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> Add32(Vector512<uint> left, Vector512<uint> right) => left + right;

    [MethodImpl(Inline)]
    public static Vector512<uint> Subtract32(Vector512<uint> left, Vector512<uint> right) => left - right;

    [MethodImpl(Inline)]
    public static Vector512<uint> Multiply32(Vector512<uint> left, Vector512<uint> right) => left * right;

    [MethodImpl(Inline)]
    public static Vector512<uint> Add16(Vector512<uint> left, Vector512<uint> right) =>
        (left.AsUInt16() + right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> Subtract16(Vector512<uint> left, Vector512<uint> right) =>
        (left.AsUInt16() - right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> Min32(Vector512<uint> left, Vector512<uint> right) => Vector512.Min(left, right);

    [MethodImpl(Inline)]
    public static Vector512<uint> Max32(Vector512<uint> left, Vector512<uint> right) => Vector512.Max(left, right);

    [MethodImpl(Inline)]
    public static Vector512<uint> Max16(Vector512<uint> left, Vector512<uint> right) =>
        Vector512.Max(left.AsUInt16(), right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> GreaterThan32(Vector512<uint> left, Vector512<uint> right) =>
        Vector512.GreaterThan(left.AsInt32(), right.AsInt32()).AsUInt32();

    [MethodImpl(Inline)]
    public static uint SignBits(Vector512<uint> value) => (uint)value.ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static Vector512<uint> Add(Vector512<uint> left, Vector512<uint> right) =>
        (left.AsSingle() + right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> Subtract(Vector512<uint> left, Vector512<uint> right) =>
        (left.AsSingle() - right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> Divide(Vector512<uint> left, Vector512<uint> right) =>
        (left.AsSingle() / right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> FusedMultiplyAdd(Vector512<uint> left, Vector512<uint> right, Vector512<uint> addend) =>
        Vector512.FusedMultiplyAdd(left.AsSingle(), right.AsSingle(), addend.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> WidenLowerBytes(Vector512<uint> bytes) =>
        Vector512.WidenLower(bytes.AsByte()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> WidenUpperBytes(Vector512<uint> bytes) =>
        Vector512.WidenUpper(bytes.AsByte()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> Load16As32(void* address) =>
        Vector512.WidenLower(Vector256.Load((ushort*)address).ToVector512Unsafe());

    [MethodImpl(Inline)]
    public static Vector512<uint> Load32As64(void* address) =>
        Vector512.WidenLower(Vector256.Load((uint*)address).ToVector512Unsafe()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> Load16As64(void* address) =>
        Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int64(Vector128.Load((ushort*)address)).AsUInt32()
            : Vector512.WidenLower(Simd256.Load16As32(address).ToVector512Unsafe()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector512<uint> Load8As64(void* address) =>
        Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int64(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(address)).AsByte()).AsUInt32()
            : Vector512.Create(Simd256.Load8As64(address), Simd256.Load8As64((byte*)address + 4));

    [MethodImpl(Inline)]
    public static Vector512<uint> LoadEachToFourLanes(void* address) =>
        Avx512F.IsSupported
            ? Avx512F.PermuteVar16x32(Vector128.Load((uint*)address).ToVector256Unsafe().ToVector512Unsafe(), Vector512.Create(0u, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3))
            : Vector512.Create(Simd256.LoadEachToFourLanes(address), Simd256.LoadEachToFourLanes((uint*)address + 2));

    [MethodImpl(Inline)]
    public static void StoreQuarter(void* address, Vector512<uint> value) =>
        value.GetLower().GetLower().Store((uint*)address);

    [MethodImpl(Inline)]
    public static void Store32As16(void* address, Vector512<uint> value) =>
        Vector256.Narrow(value.GetLower(), value.GetUpper()).Store((ushort*)address);

    [MethodImpl(Inline)]
    public static void Store32As8(void* address, Vector512<uint> value)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ConvertToVector128Byte(value).Store((byte*)address);
            return;
        }

        Simd256.Store32As8(address, value.GetLower());
        Simd256.Store32As8((byte*)address + Simd256.Lanes, value.GetUpper());
    }

    [MethodImpl(Inline)]
    public static Vector512<uint> NarrowToBytes(Vector512<uint> first, Vector512<uint> second) =>
        Avx512BW.IsSupported
            ? Avx512F.PermuteVar8x64(
                Avx512BW.PackUnsignedSaturate(first.AsInt16(), second.AsInt16()).AsUInt64(),
                Vector512.Create(0ul, 2, 4, 6, 1, 3, 5, 7)).AsUInt32()
            : Vector512.Create(
                Simd256.NarrowToBytes(first.GetLower(), first.GetUpper()),
                Simd256.NarrowToBytes(second.GetLower(), second.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector512<uint> NarrowLower32(Vector512<uint> first, Vector512<uint> second) =>
        Avx512F.IsSupported
            ? Avx512F.PermuteVar16x32x2(first, Vector512.Create(0u, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), second)
            : Vector512.Create(
                Simd256.NarrowLower32(first.GetLower(), first.GetUpper()),
                Simd256.NarrowLower32(second.GetLower(), second.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector512<uint> NarrowUpper32(Vector512<uint> first, Vector512<uint> second) =>
        Avx512F.IsSupported
            ? Avx512F.PermuteVar16x32x2(first, Vector512.Create(1u, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), second)
            : Vector512.Create(
                Simd256.NarrowUpper32(first.GetLower(), first.GetUpper()),
                Simd256.NarrowUpper32(second.GetLower(), second.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector512<uint> Blend16(Vector512<uint> even, Vector512<uint> odd) =>
        Vector512.ConditionalSelect(Vector512.Create(0xFFFFu), even, odd);

    [MethodImpl(Inline)]
    public static Vector512<uint> Blend32(Vector512<uint> even, Vector512<uint> odd) =>
        Vector512.ConditionalSelect(Vector512.Create(0xFFFFFFFFul).AsUInt32(), even, odd);

    [MethodImpl(Inline)]
    public static Vector512<uint> UnpackLow32(Vector512<uint> left, Vector512<uint> right) =>
        Avx512F.IsSupported
            ? Avx512F.UnpackLow(left, right)
            : Vector512.Create(
                Simd256.UnpackLow32(left.GetLower(), right.GetLower()),
                Simd256.UnpackLow32(left.GetUpper(), right.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector512<uint> UnpackHigh32(Vector512<uint> left, Vector512<uint> right) =>
        Avx512F.IsSupported
            ? Avx512F.UnpackHigh(left, right)
            : Vector512.Create(
                Simd256.UnpackHigh32(left.GetLower(), right.GetLower()),
                Simd256.UnpackHigh32(left.GetUpper(), right.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector512<uint> UnpackLow64(Vector512<uint> left, Vector512<uint> right) =>
        Avx512F.IsSupported
            ? Avx512F.UnpackLow(left.AsUInt64(), right.AsUInt64()).AsUInt32()
            : Vector512.Create(
                Simd256.UnpackLow64(left.GetLower(), right.GetLower()),
                Simd256.UnpackLow64(left.GetUpper(), right.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector512<uint> UnpackHigh64(Vector512<uint> left, Vector512<uint> right) =>
        Avx512F.IsSupported
            ? Avx512F.UnpackHigh(left.AsUInt64(), right.AsUInt64()).AsUInt32()
            : Vector512.Create(
                Simd256.UnpackHigh64(left.GetLower(), right.GetLower()),
                Simd256.UnpackHigh64(left.GetUpper(), right.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector512<uint> LargestOfFourLanes(Vector512<uint> value)
    {
        if (!Avx512F.IsSupported)
        {
            return Vector512.Create(Simd256.LargestOfFourLanes(value.GetLower()), Simd256.LargestOfFourLanes(value.GetUpper()));
        }

        value = Vector512.Max(value, Avx512F.Shuffle(value, 0b10_11_00_01));
        return Vector512.Max(value, Avx512F.Shuffle(value, 0b01_00_11_10));
    }

    [MethodImpl(Inline)]
    public static Vector512<uint> LargestOfEach(Vector512<uint>* vectors) => Vector512.Create(
        LargestOfHalves(vectors),
        LargestOfHalves(vectors + 8));

    [MethodImpl(Inline)]
    public static Vector512<uint> LargestOfEachHalf(Vector512<uint>* vectors) => Vector512.Create(
        Simd256.LargestOfEach((Vector256<uint>*)vectors),
        Simd256.LargestOfEach((Vector256<uint>*)vectors + Simd256.Lanes));

    /// <summary>Eight vectors: the two halves of each are one's larger lanes, and the rest is the narrower width's.</summary>
    [MethodImpl(Inline)]
    private static Vector256<uint> LargestOfHalves(Vector512<uint>* vectors)
    {
        var first = SimdExtensions.LargestOfFour<Simd512, Vector512<uint>>(vectors);
        var second = SimdExtensions.LargestOfFour<Simd512, Vector512<uint>>(vectors + 4);
        var firstHalf = Vector256.Max(first.GetLower(), first.GetUpper());
        var secondHalf = Vector256.Max(second.GetLower(), second.GetUpper());
        return Vector256.Max(
            Vector256.Create(firstHalf.GetLower(), secondHalf.GetLower()),
            Vector256.Create(firstHalf.GetUpper(), secondHalf.GetUpper()));
    }
}
