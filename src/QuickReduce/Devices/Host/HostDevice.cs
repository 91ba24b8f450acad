using System.Collections.Concurrent;

namespace QuickReduce.Devices.Host;

/// <summary>Runs the generated kernels on this processor.</summary>
/// <remarks>
/// Scratch memory holds one workspace per rank, each with a single slot and with room for the largest variant. The host
/// runs no flags, and a call is over before the next one begins: so one workspace serves all variants.
/// </remarks>
internal sealed unsafe class HostDevice : Device
{
    private const int WorkspaceAlignment = 256;

    private readonly ConcurrentDictionary<KernelVariant, VariantKernel> _kernels = new();
    private readonly KernelSet _kernelSet;
    private readonly int _worldSize;
    private readonly string _libraryDirectory;
    private readonly long _workspaceBytes;

    public HostDevice(KernelSet kernelSet, int worldSize, string libraryDirectory)
    {
        if (HostInstructionLevel.Supported.Count == 0)
        {
            throw HostLibrary.Unsupported(LibraryUse.OfAllReduce(kernelSet.Name));
        }

        _kernelSet = kernelSet;
        _worldSize = worldSize;
        _libraryDirectory = libraryDirectory;
        var largest = kernelSet.Variants.Where(variant => variant.WorldSize == worldSize).Max(static variant => new KernelGeometry(variant).WorkspaceBytes(slots: 1));
        _workspaceBytes = (largest + WorkspaceAlignment - 1) / WorkspaceAlignment * WorkspaceAlignment;
    }

    public override DeviceKind Kind => DeviceKind.Host;

    public override nuint ScratchBytes => (nuint)(_worldSize * _workspaceBytes);

    public override void PrepareScratch(byte* scratch)
    {
        for (var rank = 0; rank < _worldSize; rank++)
        {
            var addresses = (ulong*)(scratch + rank * _workspaceBytes);
            for (var peer = 0; peer < _worldSize; peer++)
            {
                addresses[peer] = (ulong)(scratch + peer * _workspaceBytes);
            }
        }
    }

    public override VariantKernel Kernel(KernelVariant variant) => _kernels.GetOrAdd(
        variant,
        static (variant, device) => new HostKernel(variant, HostLibrary.Load(device._libraryDirectory, device._kernelSet, variant), device._workspaceBytes),
        this);
}
