namespace QuickReduce.Accuracy;

/// <summary>How well a model does when its partial sums are all-reduced in a certain way.</summary>
/// <param name="Case">The way.</param>
/// <param name="NatsPerByte">Mean loss: negative natural logarithm of the probability given to each byte of the text.</param>
/// <param name="Top1">
/// Share of positions at which the likeliest next byte is that of <see cref="AccuracyCase.Baseline"/>.
/// </param>
/// <param name="NextByte">Share of positions at which the likeliest next byte is the one that came.</param>
/// <param name="Elapsed">Time that scoring took.</param>
public sealed record AccuracyFigure(AccuracyCase Case, double NatsPerByte, double Top1, double NextByte, TimeSpan Elapsed);

/// <summary>Where a study stands.</summary>
/// <param name="Case">The case at work.</param>
/// <param name="WindowsDone">Windows scored so far, over all cases.</param>
/// <param name="WindowsTotal">Windows to score, over all cases.</param>
public readonly record struct AccuracyProgress(AccuracyCase Case, int WindowsDone, int WindowsTotal);
