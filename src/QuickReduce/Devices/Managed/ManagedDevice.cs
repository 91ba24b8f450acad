using System.Collections.Concurrent;
using QuickReduce.Codecs;

namespace QuickReduce.Devices.Managed;

/// <summary>The embedded device: SIMD codecs in C#.</summary>
/// <remarks>Block size and atoms per thread mean nothing here; they change no result.</remarks>
internal sealed unsafe class ManagedDevice(int worldSize) : Device
{
    private readonly ConcurrentDictionary<KernelVariant, VariantKernel> _kernels = new();

    public override DeviceKind Kind => DeviceKind.Managed;

    public override nuint ScratchBytes => QuantizedKernel.ScratchBytes(worldSize);

    public override void PrepareScratch(byte* scratch)
    {
    }

    public override VariantKernel Kernel(KernelVariant variant) => _kernels.GetOrAdd(variant, Create);

    private static VariantKernel Create(KernelVariant variant)
    {
        if (variant.Regime == QuantRegime.FP)
        {
            return new FullPrecisionKernel(variant);
        }

        var codec = RowCodec.For(variant.DataType, variant.Mode);
        return variant.Algorithm == AllReduceAlgorithm.OneShot ? new OneShotKernel(variant, codec) : new TwoShotKernel(variant, codec);
    }
}
