namespace QuickReduce.CodecStudy;

/// <summary>The codecs that the study compares.</summary>
internal static class Codecs
{
    // From the product's scale down to six tenths of it.
    private static readonly float[] Search = [1, 0.95f, 0.9f, 0.85f, 0.8f, 0.75f, 0.7f, 0.65f, 0.6f];
    private static readonly float[] ShortSearch = [1, 0.93f, 0.86f];

    // Levels that make the mean squared error of a normal distribution least (S. Lloyd, J. Max), the outermost one put on
    // the group's peak.
    private static readonly float[] Normal16 = Normalized(
        -2.733f, -2.069f, -1.618f, -1.256f, -0.9424f, -0.6568f, -0.3881f, -0.1284f, 0.1284f, 0.3881f, 0.6568f, 0.9424f, 1.256f, 1.618f, 2.069f, 2.733f);

    // FP4 as OCP's MX formats have it: sign, two bits of exponent, one of mantissa.
    private static readonly float[] E2M1 = Normalized(-6, -4, -3, -2, -1.5f, -1, -0.5f, 0, 0.5f, 1, 1.5f, 2, 3, 4, 6);

    public static IReadOnlyList<GroupCodec> All { get; } =
    [
        new UniformCodec("INT4, the product's", 4, 32, ScaleFormat.BFloat16),
        new UniformCodec("+ scale search", 4, 32, ScaleFormat.BFloat16, Search),
        new UniformCodec("+ scale search among three", 4, 32, ScaleFormat.BFloat16, ShortSearch),
        new RotatedCodec("+ Hadamard rotation", new UniformCodec("", 4, 32, ScaleFormat.BFloat16)),
        new RotatedCodec("+ rotation, scale search", new UniformCodec("", 4, 32, ScaleFormat.BFloat16, Search)),
        new CodebookCodec("codebook for normal elements", 32, ScaleFormat.BFloat16, Normal16),
        new AsymmetricCodec("asymmetric, groups of 64", 4, 64),
        new UniformCodec("groups of 16, signed E5M2 scale", 4, 16, ScaleFormat.SignedE5M2),
        new UniformCodec("+ scale search", 4, 16, ScaleFormat.SignedE5M2, Search),
        new UniformCodec("groups of 16, signed E5M2 scale, to nearest", 4, 16, ScaleFormat.SignedE5M2Nearest),
        new UniformCodec("groups of 16, signed E4M3 scale, to nearest", 4, 16, ScaleFormat.SignedE4M3Nearest),
        new SharedExponentCodec("shared exponents, groups of 16", 4, 16),
        new SharedExponentCodec("shared exponents, groups of 32", 4, 32),
        new CodebookCodec("FP4 E2M1, groups of 16, E5M3 scale", 16, ScaleFormat.E5M3, E2M1),
        new UniformCodec("groups of 16, 16-bit scale", 4, 16, ScaleFormat.BFloat16),
        new UniformCodec("groups of 64, 16-bit scale", 4, 64, ScaleFormat.BFloat16),
        new UniformCodec("groups of 128, 16-bit scale", 4, 128, ScaleFormat.BFloat16),
        new SpikeCodec("INT3 and 2 spikes, groups of 32", 2, new UniformCodec("", 3, 32, ScaleFormat.BFloat16)),
        new SpikeCodec("INT4 and 1 spike, groups of 64", 1, new UniformCodec("", 4, 64, ScaleFormat.BFloat16)),
        new UniformCodec("INT5, the product's", 5, 32, ScaleFormat.BFloat16),
        new SharedExponentCodec("INT5, shared exponents, groups of 16", 5, 16),
        new UniformCodec("INT3, the product's", 3, 32, ScaleFormat.BFloat16),
        new SharedExponentCodec("INT3, shared exponents, groups of 16", 3, 16),
        new UniformCodec("+ scale search", 3, 32, ScaleFormat.BFloat16, Search),
        new RotatedCodec("+ rotation, scale search", new UniformCodec("", 3, 32, ScaleFormat.BFloat16, Search)),
    ];

    private static float[] Normalized(params float[] levels) => [.. levels.Select(level => level / levels[^1])];
}
