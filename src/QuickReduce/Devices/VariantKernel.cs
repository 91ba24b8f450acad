namespace QuickReduce.Devices;

/// <summary>
/// Runs the phases of one variant, for all ranks of a group in this process, over a part of a message. Immutable and
/// thread-safe: threads work on different parts at once, each with scratch memory of its own.
/// </summary>
internal abstract unsafe class VariantKernel(KernelVariant variant)
{
    /// <summary>The variant that is run.</summary>
    public KernelVariant Variant { get; } = variant;

    /// <summary>
    /// The smallest part that can be run by itself, in elements. Parts begin at a multiple of it and end at one or at
    /// the end of the message.
    /// </summary>
    public abstract int StepElements { get; }

    /// <summary>Runs every phase, in order, over a part of the message.</summary>
    /// <param name="call">The whole message.</param>
    /// <param name="first">First element of the part, a multiple of <see cref="StepElements"/>.</param>
    /// <param name="count">Elements in the part.</param>
    /// <param name="scratch">The calling thread's scratch memory, as the device that made the kernel prepared it.</param>
    public abstract void Run(in CallBuffers call, nint first, nint count, byte* scratch);
}
