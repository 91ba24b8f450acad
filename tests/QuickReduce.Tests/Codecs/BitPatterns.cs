namespace QuickReduce.Tests.Codecs;

/// <summary>Messages made to hit what codecs get wrong: groups of one kind each, kinds mixed over a row.</summary>
internal static class BitPatterns
{
    private const int Kinds = 12;

    /// <summary>Elements whose every group has a character of its own.</summary>
    public static ushort[] Elements(DataType type, int groupSize, int count, int seed)
    {
        var random = new Random(seed);
        var elements = new ushort[count];
        for (var start = 0; start < count; start += groupSize)
        {
            FillGroup(type, elements.AsSpan(start, Math.Min(groupSize, count - start)), random);
        }

        return elements;
    }

    /// <summary>Elements of ordinary numbers only: normally distributed.</summary>
    public static ushort[] Normal(DataType type, int count, double sigma, int seed)
    {
        var random = new Random(seed);
        var elements = new ushort[count];
        for (var i = 0; i < count; i++)
        {
            elements[i] = Oracle.WireOracle.Narrow(type, (float)(sigma * Gauss(random)));
        }

        return elements;
    }

    /// <summary>Bytes of a row that nobody encoded.</summary>
    public static byte[] Row(WireFormat format, int seed)
    {
        var row = new byte[format.RowBytes];
        new Random(seed).NextBytes(row);
        return row;
    }

    private static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static void FillGroup(DataType type, Span<ushort> group, Random random)
    {
        var infinity = type == DataType.Float16 ? 0x7C00 : 0x7F80;
        var leastNormal = type == DataType.Float16 ? 0x0400 : 0x0080;
        var kind = random.Next(Kinds);
        var center = random.Next(infinity);
        var peak = (ushort)random.Next(infinity);
        for (var i = 0; i < group.Length; i++)
        {
            var sign = random.Next(2) << 15;
            group[i] = (ushort)(kind switch
            {
                0 => random.Next(0x10000),
                1 => sign | random.Next(leastNormal),
                2 => sign,
                3 => sign | (infinity - 1 - random.Next(4)),
                4 => sign | random.Next(infinity),
                5 => random.Next(8) == 0 ? sign | peak : sign | random.Next(peak + 1),
                6 => random.Next(20) == 0 ? sign | infinity : sign | random.Next(infinity),
                7 => random.Next(20) == 0 ? sign | (infinity + 1 + random.Next(0x7FFF - infinity)) : sign | random.Next(infinity),
                8 => sign | Math.Min(center + random.Next(leastNormal * 2), infinity - 1),
                9 => random.Next(0x8000) % infinity,
                10 => Oracle.WireOracle.Narrow(type, (random.Next(-128, 129) + random.Next(3) / 2f) * MathF.ScaleB(1, center % 12)),
                _ => Oracle.WireOracle.Narrow(type, (float)Gauss(random) * MathF.ScaleB(1, (center % 24) - 16)),
            });
        }
    }
}
