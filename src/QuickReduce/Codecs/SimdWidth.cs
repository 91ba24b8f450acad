using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuickReduce.Codecs;

/// <summary>How many bits the codecs process at once.</summary>
internal enum SimdWidth
{
    /// <summary>One element at a time.</summary>
    Scalar,

    /// <summary>Four f32 at a time.</summary>
    Bits128,

    /// <summary>Eight f32 at a time.</summary>
    Bits256,

    /// <summary>Sixteen f32 at a time.</summary>
    Bits512,
}

internal static class SimdWidths
{
    /// <summary>The widest that this processor has instructions for; wider ones work, emulated.</summary>
    /// <remarks>Properties of the JIT's that are constants to it, so this costs nothing.</remarks>
    public static SimdWidth Best =>
        Vector512.IsHardwareAccelerated && Avx512BW.IsSupported ? SimdWidth.Bits512
        : Vector256.IsHardwareAccelerated && Fma.IsSupported ? SimdWidth.Bits256
        : Vector128.IsHardwareAccelerated ? SimdWidth.Bits128
        : SimdWidth.Scalar;
}
