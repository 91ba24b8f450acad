using QuickReduce.Emulation.Trials;

namespace QuickReduce.Cli.Emulate;

/// <summary>What the trials of one kernel found.</summary>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Seeds">Number of seeds.</param>
/// <param name="IdenticalSeeds">How many of them gave the managed backend's bits on every rank.</param>
/// <param name="Instructions">Instructions that waves executed, of all seeds.</param>
/// <param name="Findings">What went wrong, by seed; empty where nothing did.</param>
internal sealed record EmulatedKernelReport(string Kernel, int Seeds, int IdenticalSeeds, long Instructions, IReadOnlyList<TrialReport> Findings);

/// <summary>What <c>emulate</c> found.</summary>
/// <param name="Claim">What this says of the kernels, and what not.</param>
/// <param name="Architecture">The architecture of the code objects.</param>
/// <param name="IsIdentical">Whether every trial gave the managed backend's bits.</param>
/// <param name="Kernels">The kernels.</param>
/// <param name="Skipped">Kernels that are no all-reduces.</param>
internal sealed record EmulationReport(string Claim, string Architecture, bool IsIdentical, IReadOnlyList<EmulatedKernelReport> Kernels, IReadOnlyList<string> Skipped);
