using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace QuickReduce.Codecs;

/// <summary>128-bit vectors.</summary>
internal readonly unsafe struct Simd128 : ISimd<Vector128<uint>>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static int Lanes => 4;

    [MethodImpl(Inline)]
    public static Vector128<uint> Broadcast(uint value) => Vector128.Create(value);

    [MethodImpl(Inline)]
    public static Vector128<uint> BroadcastHalves(uint first, uint second) => Vector128.Create(first, first, second, second);

    [MethodImpl(Inline)]
    public static Vector128<uint> BroadcastFour(uint first, uint second, uint third, uint fourth) =>
        Vector128.Create(first, second, third, fourth);

    [MethodImpl(Inline)]
    public static Vector128<uint> Load(void* address) => Vector128.Load((uint*)address);

    [MethodImpl(Inline)]
    public static void Store(void* address, Vector128<uint> value) => value.Store((uint*)address);

    [MethodImpl(Inline)]
    public static void StoreNonTemporal(void* address, Vector128<uint> value) =>
        value.StoreAlignedNonTemporal((uint*)address);

    [MethodImpl(Inline)]
    public static Vector128<uint> Select(Vector128<uint> mask, Vector128<uint> whenSet, Vector128<uint> whenClear) =>
        Vector128.ConditionalSelect(mask, whenSet, whenClear);

    [MethodImpl(Inline)]
    public static Vector128<uint> And(Vector128<uint> left, Vector128<uint> right) => left & right;

    [MethodImpl(Inline)]
    public static Vector128<uint> Or(Vector128<uint> left, Vector128<uint> right) => left | right;

    [MethodImpl(Inline)]
    public static Vector128<uint> ShiftLeft32(Vector128<uint> value, int count) => value << count;

    [MethodImpl(Inline)]
    public static Vector128<uint> ShiftRight32(Vector128<uint> value, int count) => value >>> count;

    [MethodImpl(Inline)]
    public static Vector128<uint> ShiftRightSigned32(Vector128<uint> value, int count) =>
        (value.AsInt32() >> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> ShiftRightSigned16(Vector128<uint> value, int count) =>
        (value.AsInt16() >> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> ShiftLeft64(Vector128<uint> value, int count) =>
        (value.AsUInt64() << count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> ShiftRight64(Vector128<uint> value, int count) =>
        (value.AsUInt64() >>> count).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> Add32(Vector128<uint> left, Vector128<uint> right) => left + right;

    [MethodImpl(Inline)]
    public static Vector128<uint> Subtract32(Vector128<uint> left, Vector128<uint> right) => left - right;

    [MethodImpl(Inline)]
    public static Vector128<uint> Multiply32(Vector128<uint> left, Vector128<uint> right) => left * right;

    [MethodImpl(Inline)]
    public static Vector128<uint> Add16(Vector128<uint> left, Vector128<uint> right) =>
        (left.AsUInt16() + right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> Subtract16(Vector128<uint> left, Vector128<uint> right) =>
        (left.AsUInt16() - right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> Min32(Vector128<uint> left, Vector128<uint> right) => Vector128.Min(left, right);

    [MethodImpl(Inline)]
    public static Vector128<uint> Max32(Vector128<uint> left, Vector128<uint> right) => Vector128.Max(left, right);

    [MethodImpl(Inline)]
    public static Vector128<uint> Max16(Vector128<uint> left, Vector128<uint> right) =>
        Vector128.Max(left.AsUInt16(), right.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> GreaterThan32(Vector128<uint> left, Vector128<uint> right) =>
        Vector128.GreaterThan(left.AsInt32(), right.AsInt32()).AsUInt32();

    [MethodImpl(Inline)]
    public static uint SignBits(Vector128<uint> value) => (uint)value.ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static Vector128<uint> Add(Vector128<uint> left, Vector128<uint> right) =>
        (left.AsSingle() + right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> Subtract(Vector128<uint> left, Vector128<uint> right) =>
        (left.AsSingle() - right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> Divide(Vector128<uint> left, Vector128<uint> right) =>
        (left.AsSingle() / right.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> FusedMultiplyAdd(Vector128<uint> left, Vector128<uint> right, Vector128<uint> addend) =>
        Vector128.FusedMultiplyAdd(left.AsSingle(), right.AsSingle(), addend.AsSingle()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> WidenLowerBytes(Vector128<uint> bytes) =>
        Vector128.WidenLower(bytes.AsByte()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> WidenUpperBytes(Vector128<uint> bytes) =>
        Vector128.WidenUpper(bytes.AsByte()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> Load16As32(void* address) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(address)).AsUInt16());

    [MethodImpl(Inline)]
    public static Vector128<uint> Load32As64(void* address) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(address)).AsUInt32()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> Load16As64(void* address) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(address)).AsUInt16())).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> Load8As64(void* address)
    {
        var bytes = Vector128.CreateScalarUnsafe((uint)Unsafe.ReadUnaligned<ushort>(address)).AsByte();
        return Vector128.WidenLower(Vector128.WidenLower(Vector128.WidenLower(bytes))).AsUInt32();
    }

    [MethodImpl(Inline)]
    public static Vector128<uint> LoadEachToFourLanes(void* address) =>
        Vector128.Create(Unsafe.ReadUnaligned<uint>(address));

    [MethodImpl(Inline)]
    public static void StoreQuarter(void* address, Vector128<uint> value) =>
        Unsafe.WriteUnaligned(address, value.ToScalar());

    [MethodImpl(Inline)]
    public static void Store32As16(void* address, Vector128<uint> value) =>
        Unsafe.WriteUnaligned(address, Vector128.Narrow(value, value).AsUInt64().ToScalar());

    [MethodImpl(Inline)]
    public static void Store32As8(void* address, Vector128<uint> value)
    {
        var halves = Vector128.Narrow(value, value);
        Unsafe.WriteUnaligned(address, Vector128.Narrow(halves, halves).AsUInt32().ToScalar());
    }

    [MethodImpl(Inline)]
    public static Vector128<uint> NarrowToBytes(Vector128<uint> first, Vector128<uint> second) =>
        Sse2.IsSupported
            ? Sse2.PackUnsignedSaturate(first.AsInt16(), second.AsInt16()).AsUInt32()
            : Vector128.NarrowWithSaturation(first.AsUInt16(), second.AsUInt16()).AsUInt32();

    [MethodImpl(Inline)]
    public static Vector128<uint> NarrowLower32(Vector128<uint> first, Vector128<uint> second) =>
        Sse.IsSupported
            ? Sse.Shuffle(first.AsSingle(), second.AsSingle(), 0b10_00_10_00).AsUInt32()
            : Vector128.Narrow(first.AsUInt64(), second.AsUInt64());

    [MethodImpl(Inline)]
    public static Vector128<uint> NarrowUpper32(Vector128<uint> first, Vector128<uint> second) =>
        Sse.IsSupported
            ? Sse.Shuffle(first.AsSingle(), second.AsSingle(), 0b11_01_11_01).AsUInt32()
            : Vector128.Narrow(first.AsUInt64() >>> 32, second.AsUInt64() >>> 32);

    [MethodImpl(Inline)]
    public static Vector128<uint> Blend16(Vector128<uint> even, Vector128<uint> odd) =>
        Sse41.IsSupported
            ? Sse41.Blend(even.AsUInt16(), odd.AsUInt16(), 0xAA).AsUInt32()
            : Vector128.ConditionalSelect(Vector128.Create(0xFFFFu), even, odd);

    [MethodImpl(Inline)]
    public static Vector128<uint> Blend32(Vector128<uint> even, Vector128<uint> odd) =>
        Sse41.IsSupported
            ? Sse41.Blend(even.AsUInt16(), odd.AsUInt16(), 0xCC).AsUInt32()
            : Vector128.ConditionalSelect(Vector128.Create(0xFFFFFFFFul).AsUInt32(), even, odd);

    [MethodImpl(Inline)]
    public static Vector128<uint> UnpackLow32(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : Blend32(Vector128.Shuffle(left, Vector128.Create(0, 0, 1, 1u)), Vector128.Shuffle(right, Vector128.Create(0, 0, 1, 1u)));

    [MethodImpl(Inline)]
    public static Vector128<uint> UnpackHigh32(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : Blend32(Vector128.Shuffle(left, Vector128.Create(2, 2, 3, 3u)), Vector128.Shuffle(right, Vector128.Create(2, 2, 3, 3u)));

    [MethodImpl(Inline)]
    public static Vector128<uint> UnpackLow64(Vector128<uint> left, Vector128<uint> right) =>
        Vector128.Create(left.GetLower(), right.GetLower());

    [MethodImpl(Inline)]
    public static Vector128<uint> UnpackHigh64(Vector128<uint> left, Vector128<uint> right) =>
        Vector128.Create(left.GetUpper(), right.GetUpper());

    [MethodImpl(Inline)]
    public static Vector128<uint> LargestOfFourLanes(Vector128<uint> value)
    {
        value = Vector128.Max(value, Vector128.Shuffle(value, Vector128.Create(1, 0, 3, 2u)));
        return Vector128.Max(value, Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1u)));
    }

    [MethodImpl(Inline)]
    public static Vector128<uint> LargestOfEach(Vector128<uint>* vectors) =>
        SimdExtensions.LargestOfFour<Simd128, Vector128<uint>>(vectors);

    [MethodImpl(Inline)]
    public static Vector128<uint> LargestOfEachHalf(Vector128<uint>* vectors) =>
        Vector128.Max(NarrowLower32(vectors[0], vectors[1]), NarrowUpper32(vectors[0], vectors[1]));
}
