namespace QuickReduce.CodecStudy;

/// <summary>
/// A way to send a group of elements, reduced to what matters for accuracy: what comes out at the other end, and how
/// many bits travel. Thread-safe.
/// </summary>
/// <param name="Name">For the table.</param>
/// <param name="GroupSize">Elements that are encoded together.</param>
/// <param name="BitsPerElement">On the wire, with all that a group needs.</param>
internal abstract record GroupCodec(string Name, int GroupSize, double BitsPerElement)
{
    /// <summary>Replaces a group by what its receiver decodes.</summary>
    public abstract void Pass(Span<float> group);

    protected static int IndexOfPeak(ReadOnlySpan<float> group) => System.Numerics.Tensors.TensorPrimitives.IndexOfMaxMagnitude(group);
}

/// <summary>How a scale travels.</summary>
/// <param name="Bits">Its bits, the sign too where there is one.</param>
/// <param name="Round">
/// Makes a scale representable. Up, and no peak is cut; to the nearest, and those that are cut lose less than the rest gains.
/// </param>
internal sealed record ScaleFormat(int Bits, Func<float, float> Round)
{
    /// <summary>bfloat16, as in the product.</summary>
    public static ScaleFormat BFloat16 { get; } = new(16, static scale => RoundMantissaUp(scale, 7));

    /// <summary>Sign, five bits of exponent, two of mantissa.</summary>
    public static ScaleFormat SignedE5M2 { get; } = new(8, static scale => RoundMantissaUp(scale, 2));

    /// <summary>The same, to the nearest.</summary>
    public static ScaleFormat SignedE5M2Nearest { get; } = new(8, static scale => RoundMantissa(scale, 2));

    /// <summary>Sign, four bits of exponent, three of mantissa, to the nearest.</summary>
    public static ScaleFormat SignedE4M3Nearest { get; } = new(8, static scale => RoundMantissa(scale, 3));

    /// <summary>Without sign: five bits of exponent, three of mantissa.</summary>
    public static ScaleFormat E5M3 { get; } = new(8, static scale => RoundMantissaUp(scale, 3));

    // The range of exponents is not modelled: a format of few bits needs a common factor for many groups.
    private static float RoundMantissaUp(float scale, int mantissaBits) => Cut(scale, mantissaBits, Remainder(mantissaBits));

    private static float RoundMantissa(float scale, int mantissaBits) => Cut(scale, mantissaBits, (Remainder(mantissaBits) + 1) / 2);

    private static float Cut(float scale, int mantissaBits, uint added) =>
        BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(scale) + added) & ~Remainder(mantissaBits));

    private static uint Remainder(int mantissaBits)
    {
        const int SingleMantissaBits = 23;
        return (1u << (SingleMantissaBits - mantissaBits)) - 1;
    }
}

/// <summary>Equal steps, as in the product: the peak, with its sign, takes the longer end of the range.</summary>
internal sealed record UniformCodec(string Name, int Bits, int GroupSize, ScaleFormat Scale, IReadOnlyList<float> Shrinkages)
    : GroupCodec(Name, GroupSize, Bits + ((double)Scale.Bits / GroupSize))
{
    private static readonly float[] None = [1];

    public UniformCodec(string name, int bits, int groupSize, ScaleFormat scale)
        : this(name, bits, groupSize, scale, None)
    {
    }

    public override void Pass(Span<float> group)
    {
        var peak = group[IndexOfPeak(group)];
        if (peak == 0)
        {
            return;
        }

        var half = 1 << (Bits - 1);
        var best = 0f;
        var least = float.PositiveInfinity;
        foreach (var shrinkage in Shrinkages)
        {
            var scale = MathF.CopySign(Scale.Round(MathF.Abs(peak) * shrinkage / half), -peak);
            var error = Shrinkages.Count == 1 ? 0 : Error(group, scale, half);
            if (error < least)
            {
                (best, least) = (scale, error);
            }
        }

        foreach (ref var element in group)
        {
            element = Decoded(element, best, half);
        }
    }

    private static float Error(ReadOnlySpan<float> group, float scale, int half)
    {
        var error = 0f;
        foreach (var element in group)
        {
            var difference = Decoded(element, scale, half) - element;
            error += difference * difference;
        }

        return error;
    }

    internal static float Decoded(float element, float scale, int half) =>
        MathF.Min(MathF.Max(MathF.Round(element / scale), -half), half - 1) * scale;
}

/// <summary>
/// Equal steps in four groups whose scales share an exponent, as in the product: for each group a sign, one more bit of
/// exponent and four of mantissa.
/// </summary>
internal sealed record SharedExponentCodec(string Name, int Bits, int ElementsPerScale) : GroupCodec(Name, Groups * ElementsPerScale, Bits + (8.0 / ElementsPerScale))
{
    private const int Groups = 4;
    private const uint Unit = 1 << 19; // of the bits of a number with four bits of mantissa
    private const uint ExponentUnit = 1 << 23;

    public override void Pass(Span<float> group)
    {
        Span<float> peaks = stackalloc float[Groups];
        Span<uint> scales = stackalloc uint[Groups];
        for (var i = 0; i < Groups; i++)
        {
            var elements = group.Slice(i * ElementsPerScale, ElementsPerScale);
            peaks[i] = elements[IndexOfPeak(elements)];
            scales[i] = (BitConverter.SingleToUInt32Bits(MathF.Abs(peaks[i]) / (1 << (Bits - 1))) + Unit - (Unit >> int.Max(1, Bits - 3))) & ~(Unit - 1);
        }

        var largest = System.Numerics.Tensors.TensorPrimitives.Max<uint>(scales) / ExponentUnit * ExponentUnit;
        for (var i = 0; i < Groups && largest > 0; i++)
        {
            var scale = BitConverter.UInt32BitsToSingle(uint.Max(scales[i], largest - ExponentUnit));
            foreach (ref var element in group.Slice(i * ElementsPerScale, ElementsPerScale))
            {
                element = UniformCodec.Decoded(element, MathF.CopySign(scale, -peaks[i]), 1 << (Bits - 1));
            }
        }
    }
}

/// <summary>Equal steps from the group's least to its greatest element, both of which travel.</summary>
internal sealed record AsymmetricCodec(string Name, int Bits, int GroupSize)
    : GroupCodec(Name, GroupSize, Bits + (2.0 * 16 / GroupSize))
{
    public override void Pass(Span<float> group)
    {
        var least = (float)(BFloat16)System.Numerics.Tensors.TensorPrimitives.Min<float>(group);
        var greatest = (float)(BFloat16)System.Numerics.Tensors.TensorPrimitives.Max<float>(group);
        var levels = (1 << Bits) - 1;
        var step = (greatest - least) / levels;
        foreach (ref var element in group)
        {
            var code = step == 0 ? 0 : MathF.Min(MathF.Max(MathF.Round((element - least) / step), 0), levels);
            element = least + (code * step);
        }
    }
}

/// <summary>Steps of unequal width: the levels of a codebook, times the signed peak.</summary>
/// <param name="Levels">Ascending, from −1 up.</param>
internal sealed record CodebookCodec(string Name, int GroupSize, ScaleFormat Scale, float[] Levels)
    : GroupCodec(Name, GroupSize, Math.Log2(16) + ((double)Scale.Bits / GroupSize))
{
    public override void Pass(Span<float> group)
    {
        var peak = group[IndexOfPeak(group)];
        if (peak == 0)
        {
            return;
        }

        var scale = MathF.CopySign(Scale.Round(MathF.Abs(peak)), -peak);
        foreach (ref var element in group)
        {
            element = Nearest(element / scale) * scale;
        }
    }

    private float Nearest(float value)
    {
        var next = Array.BinarySearch(Levels, value);
        if (next >= 0)
        {
            return value;
        }

        next = ~next;
        return next == 0 ? Levels[0]
            : next == Levels.Length ? Levels[^1]
            : value - Levels[next - 1] < Levels[next] - value ? Levels[next - 1] : Levels[next];
    }
}

/// <summary>Turns the group by a Hadamard matrix first, which spreads a spike over all elements.</summary>
internal sealed record RotatedCodec(string Name, GroupCodec Inner) : GroupCodec(Name, Inner.GroupSize, Inner.BitsPerElement)
{
    public override void Pass(Span<float> group)
    {
        Rotate(group);
        Inner.Pass(group);
        Rotate(group); // its own inverse
    }

    private static void Rotate(Span<float> group)
    {
        for (var distance = 1; distance < group.Length; distance *= 2)
        {
            for (var i = 0; i < group.Length; i++)
            {
                if ((i & distance) == 0)
                {
                    (group[i], group[i + distance]) = (group[i] + group[i + distance], group[i] - group[i + distance]);
                }
            }
        }

        System.Numerics.Tensors.TensorPrimitives.Multiply(group, 1 / MathF.Sqrt(group.Length), group);
    }
}

/// <summary>Sends the largest elements as they are, with their places, and the rest as another codec does.</summary>
internal sealed record SpikeCodec(string Name, int Spikes, GroupCodec Inner)
    : GroupCodec(Name, Inner.GroupSize, Inner.BitsPerElement + (Spikes * (16 + Math.Log2(Inner.GroupSize)) / Inner.GroupSize))
{
    public override void Pass(Span<float> group)
    {
        Span<(int Place, float Value)> kept = stackalloc (int, float)[Spikes];
        foreach (ref var spike in kept)
        {
            var place = IndexOfPeak(group);
            spike = (place, group[place]);
            group[place] = 0;
        }

        Inner.Pass(group);
        foreach (var (place, value) in kept)
        {
            group[place] = value;
        }
    }
}
