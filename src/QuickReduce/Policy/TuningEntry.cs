namespace QuickReduce;

/// <summary>One measurement of a <see cref="TuningProfile"/>: a variant, and how it does for messages of some sizes.</summary>
public sealed record TuningEntry
{
    /// <summary>What ran the kernel; not <see cref="DeviceKind.Auto"/>.</summary>
    public required DeviceKind Device { get; init; }

    /// <summary>Data type, regime, world size, algorithm, and the geometry that was the fastest.</summary>
    public required KernelVariant Variant { get; init; }

    /// <summary>Smallest message that this stands for, in bytes on each rank.</summary>
    public required long MinBytes { get; init; }

    /// <summary>Largest message that this stands for, in bytes on each rank; <see cref="long.MaxValue"/> for no limit.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>Median time of an all-reduce, in microseconds.</summary>
    public required double MedianMicroseconds { get; init; }

    /// <summary>
    /// Signal-to-noise ratio of the result against an exact sum, in dB; infinite where it is exact, null where it was not
    /// measured.
    /// </summary>
    public double? SnrDb { get; init; }

    /// <summary>Whether a message is of a size that this stands for.</summary>
    public bool Covers(long bytes) => bytes >= MinBytes && bytes <= MaxBytes;

    /// <summary>What makes the entry impossible, as a sentence; null if it is not.</summary>
    internal string? Refusal() =>
        Device is not (DeviceKind.Managed or DeviceKind.Host or DeviceKind.Cuda or DeviceKind.Hip) ? "Device " + Device + " runs no kernels."
        : SpecializationRules.Refusal(Variant) is { } refusal ? refusal
        : MinBytes < 0 || MinBytes > MaxBytes ? "Sizes from " + MinBytes + " to " + MaxBytes + " bytes are no range."
        : !double.IsFinite(MedianMicroseconds) || MedianMicroseconds <= 0 ? "A time of " + MedianMicroseconds + " µs cannot have been measured."
        : SnrDb is { } snr && double.IsNaN(snr) ? "A signal-to-noise ratio that is no number says nothing; leave it out."
        : null;
}
