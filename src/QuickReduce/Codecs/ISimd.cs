namespace QuickReduce.Codecs;

/// <summary>
/// The vector operations of the codecs, so that their text is written once for every vector width. A vector is a
/// plain <c>Vector128/256/512&lt;uint&gt;</c> whatever it holds; each operation says how it reads the bits.
/// </summary>
/// <remarks>
/// Static members of a struct type parameter: the JIT compiles each codec for one width and sees bare intrinsics.
/// "Natural order" means that element order in memory is kept, across the 128-bit blocks that x86 likes to work in.
/// </remarks>
/// <typeparam name="TVector">The vector type.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>32-bit lanes in a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>The same 32 bits in every lane.</summary>
    static abstract TVector Broadcast(uint value);

    /// <summary>One 32-bit value in every lane of the first half, another in those of the second.</summary>
    static abstract TVector BroadcastHalves(uint first, uint second);

    /// <summary>Four 32-bit values, over and over.</summary>
    static abstract TVector BroadcastFour(uint first, uint second, uint third, uint fourth);

    /// <summary>Reads a vector from any address.</summary>
    static abstract TVector Load(void* address);

    /// <summary>Writes a vector to any address.</summary>
    static abstract void Store(void* address, TVector value);

    /// <summary>Writes a vector past the caches; the address is aligned to the vector.</summary>
    static abstract void StoreNonTemporal(void* address, TVector value);

    /// <summary>Reads half a vector of 16-bit values, zero-extended to 32-bit lanes.</summary>
    static abstract TVector Load16As32(void* address);

    /// <summary>Reads half a vector of 32-bit values, zero-extended to 64-bit lanes.</summary>
    static abstract TVector Load32As64(void* address);

    /// <summary>Reads a quarter vector of 16-bit values, zero-extended to 64-bit lanes.</summary>
    static abstract TVector Load16As64(void* address);

    /// <summary>Reads an eighth of a vector of bytes, zero-extended to 64-bit lanes.</summary>
    static abstract TVector Load8As64(void* address);

    /// <summary>Writes the 32-bit lanes, each at most 0xFFFF, as half a vector of 16-bit values.</summary>
    static abstract void Store32As16(void* address, TVector value);

    /// <summary>Writes the 32-bit lanes, each at most 0xFF, as a quarter vector of bytes.</summary>
    static abstract void Store32As8(void* address, TVector value);

    /// <summary>Reads a quarter vector of 32-bit values, each into four neighbouring lanes.</summary>
    static abstract TVector LoadEachToFourLanes(void* address);

    /// <summary>Writes the first quarter of a vector.</summary>
    static abstract void StoreQuarter(void* address, TVector value);

    /// <summary>Zero-extends the first half of a vector of bytes to 16 bits.</summary>
    static abstract TVector WidenLowerBytes(TVector bytes);

    /// <summary>Zero-extends the second half of a vector of bytes to 16 bits.</summary>
    static abstract TVector WidenUpperBytes(TVector bytes);

    /// <summary>16-bit values below 0x8000 to bytes, 255 at most; natural order.</summary>
    static abstract TVector NarrowToBytes(TVector first, TVector second);

    /// <summary>The lower halves of 64-bit lanes; natural order.</summary>
    static abstract TVector NarrowLower32(TVector first, TVector second);

    /// <summary>The upper halves of 64-bit lanes; natural order.</summary>
    static abstract TVector NarrowUpper32(TVector first, TVector second);

    /// <summary>16-bit lanes, even ones of <paramref name="even"/> and odd ones of <paramref name="odd"/>.</summary>
    static abstract TVector Blend16(TVector even, TVector odd);

    /// <summary>32-bit lanes, even ones of <paramref name="even"/> and odd ones of <paramref name="odd"/>.</summary>
    static abstract TVector Blend32(TVector even, TVector odd);

    /// <summary>Bit by bit: <paramref name="whenSet"/> where <paramref name="mask"/> is set.</summary>
    static abstract TVector Select(TVector mask, TVector whenSet, TVector whenClear);

    /// <summary>Bitwise and.</summary>
    static abstract TVector And(TVector left, TVector right);

    /// <summary>Bitwise or.</summary>
    static abstract TVector Or(TVector left, TVector right);

    /// <summary>Shifts 32-bit lanes left.</summary>
    static abstract TVector ShiftLeft32(TVector value, int count);

    /// <summary>Shifts 32-bit lanes right, zeros coming in.</summary>
    static abstract TVector ShiftRight32(TVector value, int count);

    /// <summary>Shifts 32-bit lanes right, copies of the sign coming in.</summary>
    static abstract TVector ShiftRightSigned32(TVector value, int count);

    /// <summary>Shifts 16-bit lanes right, copies of the sign coming in.</summary>
    static abstract TVector ShiftRightSigned16(TVector value, int count);

    /// <summary>Shifts 64-bit lanes left.</summary>
    static abstract TVector ShiftLeft64(TVector value, int count);

    /// <summary>Shifts 64-bit lanes right, zeros coming in.</summary>
    static abstract TVector ShiftRight64(TVector value, int count);

    /// <summary>Adds 32-bit lanes.</summary>
    static abstract TVector Add32(TVector left, TVector right);

    /// <summary>Subtracts 32-bit lanes.</summary>
    static abstract TVector Subtract32(TVector left, TVector right);

    /// <summary>The lower halves of the products of 32-bit lanes.</summary>
    static abstract TVector Multiply32(TVector left, TVector right);

    /// <summary>Adds 16-bit lanes.</summary>
    static abstract TVector Add16(TVector left, TVector right);

    /// <summary>Subtracts 16-bit lanes.</summary>
    static abstract TVector Subtract16(TVector left, TVector right);

    /// <summary>The smaller of unsigned 32-bit lanes.</summary>
    static abstract TVector Min32(TVector left, TVector right);

    /// <summary>The larger of unsigned 32-bit lanes.</summary>
    static abstract TVector Max32(TVector left, TVector right);

    /// <summary>The larger of unsigned 16-bit lanes.</summary>
    static abstract TVector Max16(TVector left, TVector right);

    /// <summary>All ones where a signed 32-bit lane is greater.</summary>
    static abstract TVector GreaterThan32(TVector left, TVector right);

    /// <summary>One bit per 32-bit lane, first lane lowest: its sign.</summary>
    static abstract uint SignBits(TVector value);

    /// <summary>Adds f32 lanes.</summary>
    static abstract TVector Add(TVector left, TVector right);

    /// <summary>Subtracts f32 lanes.</summary>
    static abstract TVector Subtract(TVector left, TVector right);

    /// <summary>Divides f32 lanes, correctly rounded.</summary>
    static abstract TVector Divide(TVector left, TVector right);

    /// <summary>left · right + addend in f32, rounded once.</summary>
    static abstract TVector FusedMultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>Interleaves the first halves of each 128-bit block by 32 bits.</summary>
    static abstract TVector UnpackLow32(TVector left, TVector right);

    /// <summary>Interleaves the second halves of each 128-bit block by 32 bits.</summary>
    static abstract TVector UnpackHigh32(TVector left, TVector right);

    /// <summary>Interleaves the first halves of each 128-bit block by 64 bits.</summary>
    static abstract TVector UnpackLow64(TVector left, TVector right);

    /// <summary>Interleaves the second halves of each 128-bit block by 64 bits.</summary>
    static abstract TVector UnpackHigh64(TVector left, TVector right);

    /// <summary>The largest of each four neighbouring unsigned 32-bit lanes, in all four of them.</summary>
    static abstract TVector LargestOfFourLanes(TVector value);

    /// <summary>
    /// <see cref="Lanes"/> vectors, each to its largest unsigned 32-bit lane: lane i of the result is vector i's.
    /// </summary>
    static abstract TVector LargestOfEach(TVector* vectors);

    /// <summary>
    /// Half as many vectors, each half of one to its largest unsigned 32-bit lane: lane i of the result is half i's.
    /// </summary>
    static abstract TVector LargestOfEachHalf(TVector* vectors);
}

internal static unsafe class SimdExtensions
{
    /// <summary>
    /// Of four vectors, the largest 32-bit lanes of each 128-bit block: lane i of a block is vector i's.
    /// Transposing while reducing takes three instructions a vector; reducing them one by one would take more.
    /// </summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    public static TVector LargestOfFour<TSimd, TVector>(TVector* vectors)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var first = TSimd.Max32(TSimd.UnpackLow32(vectors[0], vectors[1]), TSimd.UnpackHigh32(vectors[0], vectors[1]));
        var second = TSimd.Max32(TSimd.UnpackLow32(vectors[2], vectors[3]), TSimd.UnpackHigh32(vectors[2], vectors[3]));
        return TSimd.Max32(TSimd.UnpackLow64(first, second), TSimd.UnpackHigh64(first, second));
    }
}
