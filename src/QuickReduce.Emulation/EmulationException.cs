namespace QuickReduce.Emulation;

/// <summary>
/// A kernel did something in the emulator that it may not do. The message says what, where in the code, and which
/// instruction.
/// </summary>
/// <remarks>
/// Groups and streams of the device report it as <see cref="GpuException"/> with <see cref="GpuProblem.DeviceLost"/>, as
/// they do a kernel that crashed on hardware; this is its inner exception.
/// </remarks>
public sealed class EmulationException : Exception
{
    internal EmulationException(EmulationProblem problem, string message, Exception? inner = null)
        : base(message, inner) => Problem = problem;

    /// <summary>What was found.</summary>
    public EmulationProblem Problem { get; }
}
