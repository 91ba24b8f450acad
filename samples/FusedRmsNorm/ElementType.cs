using QuickReduce;

namespace FusedRmsNorm;

/// <summary>What the reference needs to know of an element type.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Widen">To fp32, exactly.</param>
/// <param name="Round">From fp32, to nearest, ties to even.</param>
/// <param name="FractionBits">Bits of the fraction.</param>
/// <param name="MinExponent">Exponent of the least normal value.</param>
internal sealed record ElementType<T>(string Name, Func<T, float> Widen, Func<float, T> Round, int FractionBits, int MinExponent)
{
    /// <summary>Distance of the values around a number.</summary>
    public double UnitInTheLastPlace(double value) =>
        Math.ScaleB(1, (value == 0 ? MinExponent : Math.Max(Math.ILogB(value), MinExponent)) - FractionBits);
}

/// <summary>The element types of the sample.</summary>
internal static class ElementTypes
{
    public static readonly ElementType<Half> Float16 = new("Float16", static x => (float)x, static x => (Half)x, FractionBits: 10, MinExponent: -14);
    public static readonly ElementType<BFloat16> BFloat16 = new("BFloat16", static x => (float)x, static x => (BFloat16)x, FractionBits: 7, MinExponent: -126);
}
