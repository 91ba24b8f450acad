namespace QuickReduce;

/// <summary>What runs the kernels of a group.</summary>
public enum DeviceKind
{
    /// <summary>The best that needs nothing beside the application: <see cref="Managed"/>.</summary>
    Auto = 0,

    /// <summary>SIMD code in C#. Runs wherever .NET runs and needs no native library.</summary>
    Managed = 1,

    /// <summary>
    /// The generated kernels, compiled for this processor by the build (<c>QuickReduceOffloadArchs=host</c>). Gives the
    /// same bits as <see cref="Managed"/>. Linux on x86-64 with AVX2 or AVX-512.
    /// </summary>
    Host = 2,

    /// <summary>NVIDIA GPUs. Their groups reduce device memory: <see cref="GpuGroup"/>.</summary>
    Cuda = 3,

    /// <summary>AMD GPUs. Their groups reduce device memory: <see cref="GpuGroup"/>.</summary>
    Hip = 4,
}
