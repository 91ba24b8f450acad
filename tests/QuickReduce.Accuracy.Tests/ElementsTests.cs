using QuickReduce.Accuracy.Arithmetic;

namespace QuickReduce.Accuracy.Tests;

public class ElementsTests
{
    private static readonly float[] Numbers =
    [
        .. Enumerable.Range(0, 1 << 14).Select(static i => BitConverter.UInt32BitsToSingle((uint)i * 262_147)), // over the whole range
        float.NaN, 0, -0f, float.Epsilon, float.PositiveInfinity, float.MaxValue, 65504, 65520, 1.00390625f, 1.01171875f,
    ];

    [Fact]
    public void HalvesAreTheNearest()
    {
        var narrow = new Half[Numbers.Length];
        Elements.Narrow<Half>(Numbers, narrow);
        Assert.Equal(Numbers.Select(static number => (Half)number), narrow);
    }

    [Fact]
    public void BFloat16sAreTheNearest()
    {
        var narrow = new BFloat16[Numbers.Length];
        Elements.Narrow<BFloat16>(Numbers, narrow);
        Assert.Equal(Numbers.Select(static number => (BFloat16)number), narrow);
    }

    [Fact]
    public void WideningIsExact()
    {
        var elements = Enumerable.Range(0, 1 << 16).Select(static bits => BFloat16.FromBits((ushort)bits)).Skip(3).ToArray();
        var wide = new float[elements.Length];
        Elements.Widen<BFloat16>(elements, wide);
        Assert.Equal(elements.Select(static element => (float)element), wide);
    }

    [Fact]
    public void OtherTypesAreRefused() => Assert.Throws<NotSupportedException>(() => Elements.Narrow(Numbers, new double[Numbers.Length]));
}
