using System.Collections.Concurrent;
using QuickReduce.Codecs;

namespace QuickReduce.Devices.Managed;

/// <summary>The embedded device: SIMD codecs in C#.</summary>
internal sealed unsafe class ManagedDevice(int worldSize) : Device
{
    private readonly ConcurrentDictionary<KernelVariant, VariantKernel> _kernels = new();

    public override DeviceKind Kind => DeviceKind.Managed;

    public override nuint ScratchBytes => QuantizedKernel.ScratchBytes(worldSize);

    public override void PrepareScratch(byte* scratch)
    {
    }

    public override VariantKernel Kernel(KernelVariant variant) => _kernels.GetOrAdd(variant, static variant =>
        variant.Regime == QuantRegime.FP
            ? new FullPrecisionKernel(variant)
            : new QuantizedKernel(variant, RowCodec.For(variant.DataType, variant.Regime)));
}
