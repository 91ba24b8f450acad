namespace QuickReduce.Mi300xModel;

/// <summary>The model's parameters. Each was fitted to the published times that <see cref="Fit"/> names.</summary>
/// <param name="LaunchMicroseconds">Launch and what does not depend on anything.</param>
/// <param name="RankMicroseconds">Added by each rank that flags are traded with.</param>
/// <param name="InstructionNanoseconds">Latency that a tile's chain has for each of its vector instructions.</param>
/// <param name="LinkGigabytesPerSecond">Rate of a link in long messages.</param>
/// <param name="Overlap">
/// How far links, memory and vector units work at the same time: their times are joined as a norm with this exponent, 1 for one after
/// the other, infinity for hidden.
/// </param>
/// <param name="FirstWaveMicrosecondsPerMegabyte">
/// What quantised kernels lose while the first tiles of all blocks are under way, for each megabyte on a link and each rank after the
/// second. It is seen in all published tables; why is not known.
/// </param>
internal sealed record Parameters(
    double LaunchMicroseconds,
    double RankMicroseconds,
    double InstructionNanoseconds,
    double LinkGigabytesPerSecond,
    double Overlap,
    double FirstWaveMicrosecondsPerMegabyte);

/// <summary>Predicts the time of a two-shot all-reduce on MI300X. Predictions are no measurements.</summary>
internal static class Model
{
    private const int RanksWithoutLoss = 2;

    /// <summary>The predicted time, in microseconds.</summary>
    public static double Predict(Work work, Parameters parameters) => Latency(work, parameters) + Throughput(work, parameters) + FirstWave(work, parameters);

    private static double Latency(Work work, Parameters parameters) =>
        parameters.LaunchMicroseconds
        + parameters.RankMicroseconds * work.WorldSize
        + parameters.InstructionNanoseconds * work.VectorInstructions / 1e3;

    private static double Throughput(Work work, Parameters parameters)
    {
        var link = work.LinkMegabytes / parameters.LinkGigabytesPerSecond * 1e3;
        return Math.Pow(
            Math.Pow(link, parameters.Overlap) + Math.Pow(work.ComputeMicroseconds, parameters.Overlap) + Math.Pow(work.MemoryMicroseconds, parameters.Overlap),
            1 / parameters.Overlap);
    }

    private static double FirstWave(Work work, Parameters parameters) => work.IsQuantized
        ? parameters.FirstWaveMicrosecondsPerMegabyte * (work.WorldSize - RanksWithoutLoss) * work.ResidentLinkMegabytes
        : 0;
}
