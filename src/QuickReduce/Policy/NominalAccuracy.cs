namespace QuickReduce.Policy;

/// <summary>
/// What a wire format costs where nobody has measured it on this machine: signal-to-noise ratios of Gaussian elements over
/// 8 ranks, against exact sums. They don't depend on the machine; <c>docs/numerics.md</c> has the same figures, and a test
/// compares.
/// </summary>
internal static class NominalAccuracy
{
    // By width from 2 bits, then by groups of 16, 32, 64 and 128.
    private static readonly double[][] OneShotDb =
    [
        [9.8, 8.8, 8.1, 7.5], [16.2, 15.2, 14.4, 13.7], [22.4, 21.4, 20.5, 19.8], [28.5, 27.4, 26.6, 25.8],
        [34.5, 33.4, 32.6, 31.8], [40.5, 39.5, 38.6, 37.8], [46.3, 45.3, 44.5, 43.8],
    ];

    private static readonly double[][] TwoShotDb =
    [
        [6.9, 5.9, 5.2, 4.5], [13.2, 12.2, 11.3, 10.7], [19.4, 18.3, 17.5, 16.7], [25.5, 24.4, 23.5, 22.8],
        [31.5, 30.4, 29.5, 28.8], [37.4, 36.4, 35.5, 34.8], [43.2, 42.3, 41.5, 40.8],
    ];

    // Groups of 16 and 32 that share exponents.
    private static readonly double[][] SharedOneShotDb =
        [[9.8, 8.9], [16.2, 15.2], [22.4, 21.3], [28.2, 27.2], [34.2, 33.2], [40.2, 39.2], [46.2, 45.2]];

    private static readonly double[][] SharedTwoShotDb =
        [[6.9, 5.9], [13.2, 12.2], [19.4, 18.3], [25.2, 24.2], [31.2, 30.2], [37.2, 36.2], [43.2, 42.2]];

    /// <summary>The signal-to-noise ratio in dB; infinite in full precision, which is as exact as the elements are.</summary>
    public static double SnrDb(AllReduceMode mode, AllReduceAlgorithm algorithm) => mode.Regime == QuantRegime.FP
        ? double.PositiveInfinity
        : Table(mode.ScaleFormat, algorithm)[(int)mode.Regime - (int)QuantRegime.Int2][int.Log2(mode.GroupSize) - 4];

    private static double[][] Table(ScaleFormat scaleFormat, AllReduceAlgorithm algorithm) => scaleFormat == ScaleFormat.SharedExponent
        ? algorithm == AllReduceAlgorithm.OneShot ? SharedOneShotDb : SharedTwoShotDb
        : algorithm == AllReduceAlgorithm.OneShot ? OneShotDb : TwoShotDb;
}
