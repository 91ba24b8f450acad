namespace QuickReduce;

/// <summary>
/// The message from which a regime pays, as published for the original QuickReduce on MI300X: below it, the original
/// leaves the all-reduce to another library.
/// </summary>
public static class PublishedMinimumSizes
{
    /// <summary>Where the figures come from.</summary>
    public const string Source = "vLLM pull request 19744 (quick_all_reduce.py), measured on MI300X; INT3 as added there in 2026";

    private const long MiB = 1L << 20;

    /// <summary>Every published figure.</summary>
    public static IReadOnlyList<PublishedMinimumSize> All => field ??= [.. Rows.SelectMany(static row => row)];

    // By data type and number of ranks, ascending.
    private static readonly PublishedMinimumSize[][] Rows =
    [
        Row(DataType.Float16, 2, fp: 1, int8: 2, int6: 2, int4: 1, int3: 1),
        Row(DataType.Float16, 4, fp: 1, int8: 16, int6: 4, int4: 2, int3: 2),
        Row(DataType.Float16, 8, fp: 16, int8: 4, int6: 4, int4: 2, int3: 2),
        Row(DataType.BFloat16, 2, fp: 2, int8: 8, int6: 8, int4: 8, int3: 8),
        Row(DataType.BFloat16, 4, fp: 8, int8: 64, int6: 64, int4: 16, int3: 16),
        Row(DataType.BFloat16, 8, fp: 16, int8: 2048, int6: 2048, int4: 2048, int3: 2048),
    ];

    /// <summary>
    /// The figure that stands for a combination: where none was published, that of the next larger number of ranks and the
    /// next wider regime that has one.
    /// </summary>
    /// <param name="dataType"><see cref="DataType.Float16"/> or <see cref="DataType.BFloat16"/>.</param>
    /// <param name="worldSize">Number of ranks, from 2 to 8.</param>
    /// <param name="regime">Regime.</param>
    /// <exception cref="ArgumentException">Nothing was published for the data type, nor is there such a number of ranks.</exception>
    public static PublishedMinimumSize Of(DataType dataType, int worldSize, QuantRegime regime)
    {
        foreach (var row in Rows)
        {
            foreach (var size in row)
            {
                if (size.DataType == dataType && size.WorldSize >= worldSize && (regime == QuantRegime.FP ? size.Regime == regime : size.Regime >= regime))
                {
                    return size;
                }
            }
        }

        throw new ArgumentException("No minimum size was published for " + dataType + " and " + worldSize + " ranks.", nameof(dataType));
    }

    // Regimes ascend in width, after full precision, so that the first that is wide enough is the nearest.
    private static PublishedMinimumSize[] Row(DataType dataType, int worldSize, int fp, int int8, int int6, int int4, int int3) =>
    [
        new(dataType, worldSize, QuantRegime.FP, fp * MiB),
        new(dataType, worldSize, QuantRegime.Int3, int3 * MiB),
        new(dataType, worldSize, QuantRegime.Int4, int4 * MiB),
        new(dataType, worldSize, QuantRegime.Int6, int6 * MiB),
        new(dataType, worldSize, QuantRegime.Int8, int8 * MiB),
    ];
}

/// <summary>A published figure.</summary>
/// <param name="DataType">Element type.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="Regime">Regime.</param>
/// <param name="Bytes">Smallest message that pays, in bytes on each rank.</param>
public readonly record struct PublishedMinimumSize(DataType DataType, int WorldSize, QuantRegime Regime, long Bytes);
