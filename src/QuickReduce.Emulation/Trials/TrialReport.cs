namespace QuickReduce.Emulation.Trials;

/// <summary>How a trial ended.</summary>
public enum TrialOutcome
{
    /// <summary>Every rank's result has the bits of the managed backend.</summary>
    Identical,

    /// <summary>A result differs.</summary>
    Different,

    /// <summary>A kernel did something that it may not do, and the machine stopped.</summary>
    Stopped,
}

/// <summary>What a trial found.</summary>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Seed">The seed; the same one gives the same trial.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Instructions">Instructions that waves executed.</param>
/// <param name="Finding">What is wrong, in words; null where nothing is.</param>
/// <param name="Problem">What stopped the machine; null where nothing did.</param>
public sealed record TrialReport(string Kernel, ulong Seed, TrialOutcome Outcome, long Instructions, string? Finding, EmulationProblem? Problem);
