using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuickReduce.Codecs;

/// <summary>256-bit vectors.</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<uint>>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static int Lanes => 8;

    [MethodImpl(Inline)]
    public static Vector256<uint> Broadcast(uint value) => Vector256.Create(value);

    [MethodImpl(Inline)]
    public static Vector256<uint> BroadcastHalves(uint first, uint second) =>
        Vector256.Create(Vector128.Create(first), Vector128.Create(second));

    [MethodImpl(Inline)]
    public static Vector256<uint> BroadcastFour(uint first, uint second, uint third, uint fourth) =>
        Vector256.Create(Vector128.Create(first, second, third, fourth));

    [MethodImpl(Inline)]
    public static Vector256<uint> Load(void* address) => Vector256.Load((uint*)address);

    [MethodImpl(Inline)]
    public static void Store(void* address, Vector256<uint> value) => value.Store((uint*)address);

    [MethodImpl(Inline)]
    public static void StoreNonTemporal(void* address, Vector256<uint> value) =>
        value.StoreAlignedNonTemporal((uint*)address);

    [MethodImpl(Inline)]
    public static Vector256<uint> Select(Vector256<uint> mask, Vector256<uint> whenSet, Vector256<uint> whenClear) =>
        Vector256.ConditionalSelect(mask, whenSet, whenClear);

    [MethodImpl(Inline)]
    public static Vector256<uint> And(Vector256<uint> left, Vector256<uint> right) => left & right;

    [MethodImpl(Inline)]
    public static Vector256<uint> Or(Vector256<uint> left, Vector256<uint> right) => left | right;

    [MethodImpl(Inline)]
    public static Vector256<uint> ShiftLeft32(Vector256<uint> value, int count) => value << count;

    [MethodImpl(Inline)]
    public static Vector256<uint> ShiftRight32(Vector256<uint> value, int count) => value >>> count;

    [MethodImpl(Inline)]
    public static Vector256<uint> ShiftRightSigned32(Vector256<uint> value, int count) =>
        (value.AsInt32() >> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> ShiftRightSigned16(Vector256<uint> value, int count) =>
        (value.AsInt16() >> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> ShiftLeft64(Vector256<uint> value, int count) =>
        (value.AsUInt64() << count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> ShiftRight64(Vector256<uint> value, int count) =>
        (value.AsUInt64() >>> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> Add32(Vector256<uint> left, Vector256<uint> right) => left + right;

    [MethodImpl(Inline)]
    public static Vector256<uint> Subtract32(Vector256<uint> left, Vector256<uint> right) => left - right;

    [MethodImpl(Inline)]
    public static Vector256<uint> Multiply32(Vector256<uint> left, Vector256<uint> right) => left * right;

    [MethodImpl(Inline)]
    public static Vector256<uint> Add16(Vector256<uint> left, Vector256<uint> right) =>
        (left.AsUInt16() + right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> Subtract16(Vector256<uint> left, Vector256<uint> right) =>
        (left.AsUInt16() - right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> Min32(Vector256<uint> left, Vector256<uint> right) => Vector256.Min(left, right);

    [MethodImpl(Inline)]
    public static Vector256<uint> Max32(Vector256<uint> left, Vector256<uint> right) => Vector256.Max(left, right);

    [MethodImpl(Inline)]
    public static Vector256<uint> Max16(Vector256<uint> left, Vector256<uint> right) =>
        Vector256.Max(left.AsUInt16(), right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> GreaterThan32(Vector256<uint> left, Vector256<uint> right) =>
        Vector256.GreaterThan(left.AsInt32(), right.AsInt32()).AsUInt32();

    [MethodImpl(Inline)]
    public static uint SignBits(Vector256<uint> value) => (uint)value.ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static Vector256<uint> Add(Vector256<uint> left, Vector256<uint> right) =>
        (left.AsSingle() + right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> Subtract(Vector256<uint> left, Vector256<uint> right) =>
        (left.AsSingle() - right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> Divide(Vector256<uint> left, Vector256<uint> right) =>
        (left.AsSingle() / right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> FusedMultiplyAdd(Vector256<uint> left, Vector256<uint> right, Vector256<uint> addend) =>
        Vector256.FusedMultiplyAdd(left.AsSingle(), right.AsSingle(), addend.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> WidenLowerBytes(Vector256<uint> bytes) =>
        Vector256.WidenLower(bytes.AsByte()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> WidenUpperBytes(Vector256<uint> bytes) =>
        Vector256.WidenUpper(bytes.AsByte()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> Load16As32(void* address) =>
        Vector256.WidenLower(Vector128.Load((ushort*)address).ToVector256Unsafe());

    [MethodImpl(Inline)]
    public static Vector256<uint> Load32As64(void* address) =>
        Vector256.WidenLower(Vector128.Load((uint*)address).ToVector256Unsafe()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> Load16As64(void* address) =>
        Avx2.IsSupported
            ? Avx2.ConvertToVector256Int64((ushort*)address).AsUInt32()
            : Vector256.WidenLower(Simd128.Load16As32(address).ToVector256Unsafe()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector256<uint> Load8As64(void* address) =>
        Avx2.IsSupported
            ? Avx2.ConvertToVector256Int64((byte*)address).AsUInt32()
            : Vector256.Create(Simd128.Load8As64(address), Simd128.Load8As64((byte*)address + 2));

    [MethodImpl(Inline)]
    public static Vector256<uint> LoadEachToFourLanes(void* address) =>
        BroadcastHalves(Unsafe.ReadUnaligned<uint>(address), Unsafe.ReadUnaligned<uint>((uint*)address + 1));

    [MethodImpl(Inline)]
    public static void StoreQuarter(void* address, Vector256<uint> value) =>
        Unsafe.WriteUnaligned(address, value.AsUInt64().ToScalar());

    [MethodImpl(Inline)]
    public static void Store32As16(void* address, Vector256<uint> value) =>
        Vector128.Narrow(value.GetLower(), value.GetUpper()).Store((ushort*)address);

    [MethodImpl(Inline)]
    public static void Store32As8(void* address, Vector256<uint> value)
    {
        var halves = Vector128.Narrow(value.GetLower(), value.GetUpper());
        Unsafe.WriteUnaligned(address, Vector128.Narrow(halves, halves).AsUInt64().ToScalar());
    }

    [MethodImpl(Inline)]
    public static Vector256<uint> NarrowToBytes(Vector256<uint> first, Vector256<uint> second) =>
        Avx2.IsSupported
            ? Avx2.Permute4x64(Avx2.PackUnsignedSaturate(first.AsInt16(), second.AsInt16()).AsUInt64(), 0b11_01_10_00).AsUInt32()
            : Vector256.Create(
                Simd128.NarrowToBytes(first.GetLower(), first.GetUpper()),
                Simd128.NarrowToBytes(second.GetLower(), second.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector256<uint> NarrowLower32(Vector256<uint> first, Vector256<uint> second) =>
        Avx2.IsSupported
            ? Avx2.Permute4x64(Avx.Shuffle(first.AsSingle(), second.AsSingle(), 0b10_00_10_00).AsUInt64(), 0b11_01_10_00).AsUInt32()
            : Vector256.Create(
                Simd128.NarrowLower32(first.GetLower(), first.GetUpper()),
                Simd128.NarrowLower32(second.GetLower(), second.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector256<uint> NarrowUpper32(Vector256<uint> first, Vector256<uint> second) =>
        Avx2.IsSupported
            ? Avx2.Permute4x64(Avx.Shuffle(first.AsSingle(), second.AsSingle(), 0b11_01_11_01).AsUInt64(), 0b11_01_10_00).AsUInt32()
            : Vector256.Create(
                Simd128.NarrowUpper32(first.GetLower(), first.GetUpper()),
                Simd128.NarrowUpper32(second.GetLower(), second.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector256<uint> Blend16(Vector256<uint> even, Vector256<uint> odd) =>
        Avx2.IsSupported
            ? Avx2.Blend(even.AsUInt16(), odd.AsUInt16(), 0xAA).AsUInt32()
            : Vector256.ConditionalSelect(Vector256.Create(0xFFFFu), even, odd);

    [MethodImpl(Inline)]
    public static Vector256<uint> Blend32(Vector256<uint> even, Vector256<uint> odd) =>
        Avx2.IsSupported
            ? Avx2.Blend(even, odd, 0xAA)
            : Vector256.ConditionalSelect(Vector256.Create(0xFFFFFFFFul).AsUInt32(), even, odd);

    [MethodImpl(Inline)]
    public static Vector256<uint> UnpackLow32(Vector256<uint> left, Vector256<uint> right) =>
        Avx2.IsSupported
            ? Avx2.UnpackLow(left, right)
            : Vector256.Create(
                Simd128.UnpackLow32(left.GetLower(), right.GetLower()),
                Simd128.UnpackLow32(left.GetUpper(), right.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector256<uint> UnpackHigh32(Vector256<uint> left, Vector256<uint> right) =>
        Avx2.IsSupported
            ? Avx2.UnpackHigh(left, right)
            : Vector256.Create(
                Simd128.UnpackHigh32(left.GetLower(), right.GetLower()),
                Simd128.UnpackHigh32(left.GetUpper(), right.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector256<uint> UnpackLow64(Vector256<uint> left, Vector256<uint> right) =>
        Avx2.IsSupported
            ? Avx2.UnpackLow(left.AsUInt64(), right.AsUInt64()).AsUInt32()
            : Vector256.Create(
                Simd128.UnpackLow64(left.GetLower(), right.GetLower()),
                Simd128.UnpackLow64(left.GetUpper(), right.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector256<uint> UnpackHigh64(Vector256<uint> left, Vector256<uint> right) =>
        Avx2.IsSupported
            ? Avx2.UnpackHigh(left.AsUInt64(), right.AsUInt64()).AsUInt32()
            : Vector256.Create(
                Simd128.UnpackHigh64(left.GetLower(), right.GetLower()),
                Simd128.UnpackHigh64(left.GetUpper(), right.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector256<uint> LargestOfFourLanes(Vector256<uint> value)
    {
        if (!Avx2.IsSupported)
        {
            return Vector256.Create(Simd128.LargestOfFourLanes(value.GetLower()), Simd128.LargestOfFourLanes(value.GetUpper()));
        }

        value = Vector256.Max(value, Avx2.Shuffle(value, 0b10_11_00_01));
        return Vector256.Max(value, Avx2.Shuffle(value, 0b01_00_11_10));
    }

    [MethodImpl(Inline)]
    public static Vector256<uint> LargestOfEach(Vector256<uint>* vectors)
    {
        var first = SimdExtensions.LargestOfFour<Simd256, Vector256<uint>>(vectors);
        var second = SimdExtensions.LargestOfFour<Simd256, Vector256<uint>>(vectors + 4);
        return Vector256.Max(
            Vector256.Create(first.GetLower(), second.GetLower()),
            Vector256.Create(first.GetUpper(), second.GetUpper()));
    }

    [MethodImpl(Inline)]
    public static Vector256<uint> LargestOfEachHalf(Vector256<uint>* vectors) => Vector256.Create(
        Simd128.LargestOfEach((Vector128<uint>*)vectors),
        Simd128.LargestOfEach((Vector128<uint>*)vectors + Simd128.Lanes));
}
