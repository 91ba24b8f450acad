#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>How the scales of quantised groups travel. <c>docs/numerics.md</c> has both to the bit, <c>docs/accuracy.md</c> what they gain.</summary>
public enum ScaleFormat
{
    /// <summary>A bfloat16 number for each group: 16 bits.</summary>
    BFloat16 = 0,

    /// <summary>
    /// Four neighbouring groups of 16 or 32 share eight bits of exponent, and each has a sign, one more bit of exponent and
    /// four of mantissa: 8 bits for each group. So groups of 16 have the bytes that groups of 32 have otherwise, and the error
    /// of groups of 16: 1 dB less.
    /// </summary>
    SharedExponent = 1,
}
