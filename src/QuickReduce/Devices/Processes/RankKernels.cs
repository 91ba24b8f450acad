using QuickReduce.Codecs;

namespace QuickReduce.Devices.Processes;

/// <summary>Makes the kernels of a rank whose peers are other processes.</summary>
internal sealed class RankKernels(DeviceKind device, int rankStride)
{
    /// <summary>Bytes of a rank's part of a region of shared memory, for every device.</summary>
    public const int RegionBytes = 512 * 1024;

    /// <summary>What runs them; never <see cref="DeviceKind.Auto"/>.</summary>
    public DeviceKind Device { get; } = device switch
    {
        DeviceKind.Auto or DeviceKind.Managed => DeviceKind.Managed,
        _ => throw new ArgumentOutOfRangeException(nameof(device), device, "Unknown device."),
    };

    /// <summary>The kernel of a declared variant.</summary>
    /// <exception cref="NativeLibraryException">It needs a native library that cannot be used.</exception>
    public RankKernel Create(KernelVariant variant) => variant.Regime == QuantRegime.FP
        ? new FullPrecisionRankKernel(variant, rankStride, rankStride)
        : new QuantizedRankKernel(variant, RowCodec.For(variant.DataType, variant.Regime), rankStride, rankStride);
}
