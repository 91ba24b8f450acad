using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Code;
using QuickReduce.Policy;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// The kernels of a group: loads every variant that a call can choose on every device, and settles how many blocks of
/// each can run. All at once and before the first call: a kernel that is loaded later may wait for those that run, and
/// they for it.
/// </summary>
internal sealed class GpuKernels : IDisposable
{
    // Of the L2: the wire that does not fit leaks to memory, and the messages want their share too. A pipeline is worth more
    // of it: with fewer blocks its waits are in the open (measured on H100, docs/performance.md).
    private const int WorkspaceShareOfL2 = 3;
    private const int PipelineShareOfL2 = 2;

    private readonly KernelSet _kernelSet;
    private readonly int _worldSize;
    private readonly IReadOnlyList<GpuDevice> _devices;
    private readonly Func<GpuDevice, int> _sharers;
    private readonly GpuGroupOptions _options;
    private readonly PolicyTable _policy;
    private readonly GpuModules _modules;
    private readonly Dictionary<KernelVariant, GpuKernel> _byVariant = [];

    private GpuKernels(KernelSet kernelSet, int worldSize, IReadOnlyList<GpuDevice> devices, Func<GpuDevice, int> sharers, PolicyTable policy, GpuGroupOptions options)
    {
        _policy = policy;
        _kernelSet = kernelSet;
        _worldSize = worldSize;
        _devices = devices;
        _sharers = sharers;
        _options = options;
        _modules = new GpuModules(kernelSet, new CodeSource(
            kernelSet, options.LibraryDirectory ?? AppContext.BaseDirectory, options.CompileMissingKernels, CodeCacheSettings.Open(Environment.GetEnvironmentVariable), options.CompilationProgress));
    }

    /// <summary>Every kernel, in the order of the variants.</summary>
    public IReadOnlyList<GpuKernel> All { get; private set; } = [];

    /// <summary>The code objects that they are in.</summary>
    public IReadOnlyList<LoadedCode> LoadedCode => _modules.Loaded;

    /// <summary>Loads the kernels of every variant with a number of ranks.</summary>
    /// <param name="kernelSet">The variants.</param>
    /// <param name="worldSize">Number of ranks, of this process and of others.</param>
    /// <param name="devices">The devices of this process's ranks.</param>
    /// <param name="sharers">Ranks, of this process and of others, that are on a device.</param>
    /// <param name="policy">The group's decisions.</param>
    /// <param name="options">The group's options.</param>
    /// <exception cref="NativeLibraryException">A code object is missing or stale, or the driver refuses it.</exception>
    /// <exception cref="GpuException">Kernels cannot be resident together, or the driver fails.</exception>
    public static GpuKernels Load(KernelSet kernelSet, int worldSize, IReadOnlyList<GpuDevice> devices, Func<GpuDevice, int> sharers, PolicyTable policy, GpuGroupOptions options)
    {
        var kernels = new GpuKernels(kernelSet, worldSize, devices, sharers, policy, options);
        try
        {
            kernels.All = [.. kernelSet.Variants.Where(kernels.CanBeChosen).Select(kernels.Load)];
            return kernels;
        }
        catch
        {
            kernels.Dispose();
            throw;
        }
    }

    /// <summary>Chooses the kernels of one rank's calls.</summary>
    public VariantChoice<GpuKernel> Choice() =>
        new(_kernelSet, _worldSize, _policy, variant => _byVariant[variant]);

    /// <summary>Unloads the kernels. None may be running.</summary>
    public void Dispose() => _modules.Dispose();

    private bool CanBeChosen(KernelVariant variant) =>
        variant.WorldSize == _worldSize && (CanBeNamed(variant) || _policy.LargestMessage(variant) is not null);

    private bool CanBeNamed(KernelVariant variant) =>
        (_policy.Algorithm is null || _policy.Algorithm == variant.Algorithm) && _kernelSet.Declared(variant) == variant;

    private GpuKernel Load(KernelVariant variant, int index)
    {
        var functions = _devices.Select(device => _modules.Function(device, variant)).ToArray();
        var kernel = new GpuKernel(index, variant, functions, MaxBlocks(variant, functions), _policy.MaxBytes);
        _byVariant.Add(variant, kernel);
        return kernel;
    }

    /// <summary>Blocks of a rank, so that all ranks' blocks are resident together and their workspaces in the cache.</summary>
    private int MaxBlocks(KernelVariant variant, nint[] functions)
    {
        var geometry = new KernelGeometry(variant);
        var resident = KernelGeometry.MaxSlots;
        var useful = int.Min(KernelGeometry.MaxSlots, MostTiles(variant, geometry));
        for (var index = 0; index < functions.Length; index++)
        {
            var device = _devices[index];
            var sharers = _sharers(device);
            var onDevice = device.Driver.BlocksPerMultiprocessor(device.Index, functions[index], variant.BlockSize) * device.Multiprocessors;
            resident = int.Min(resident, onDevice / sharers);
            if (device.Driver.CachesSharedMemory)
            {
                var share = device.L2CacheBytes / (geometry.IsPipelined ? PipelineShareOfL2 : WorkspaceShareOfL2) / sharers;
                useful = int.Min(useful, int.Max(1, share / geometry.SlotBytes));
            }
        }

        if (resident == 0 || _options.MaxBlocks > resident)
        {
            throw new GpuException(
                GpuProblem.NotCoResident,
                "The kernels of " + variant + " cannot run: " + int.Max(1, _options.MaxBlocks) + " blocks for each of " + _worldSize + " ranks are asked for, and " + resident
                    + " fit on " + string.Join(", ", _devices.Distinct()) + " at the same time. Blocks that are not resident would be waited for without end. "
                    + "Lower GpuGroupOptions.MaxBlocks, or use more devices.");
        }

        return _options.MaxBlocks > 0 ? _options.MaxBlocks : int.Min(resident, useful);
    }

    /// <summary>Tiles of the largest message that a variant is chosen for.</summary>
    private int MostTiles(KernelVariant variant, KernelGeometry geometry)
    {
        var isForSmallOnes = variant.Algorithm == AllReduceAlgorithm.OneShot && _policy.Algorithm is null
            && _kernelSet.Declared(new KernelVariant(variant.DataType, variant.Mode, variant.WorldSize)) is not null;
        var named = !CanBeNamed(variant) ? 0 : isForSmallOnes ? _policy.OneShotMaxBytes(variant.Regime) : long.MaxValue;
        var bytes = long.Min(long.Max(named, _policy.LargestMessage(variant) ?? 0), _policy.MaxBytes);
        return (int)long.Clamp(geometry.TileCount(bytes / geometry.Wire.BytesPerElement), 1, int.MaxValue);
    }
}
