namespace QuickReduce.Build;

/// <summary>What a compiler is asked to produce.</summary>
internal enum TargetKind
{
    /// <summary>A code object for an AMD GPU.</summary>
    Amd,

    /// <summary>PTX for an NVIDIA GPU.</summary>
    Nvidia,

    /// <summary>A shared library for the CPU.</summary>
    Host,
}
