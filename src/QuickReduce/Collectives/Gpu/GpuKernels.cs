using QuickReduce.Devices.Gpu;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// The kernels of a group: loads the code objects of every variant on every device, and settles how many blocks of each
/// can run. All at once and before the first call: a kernel that is loaded later may wait for those that run, and they
/// for it.
/// </summary>
internal sealed class GpuKernels : IDisposable
{
    private const int ThreadsPerBlock = WireFormat.LanesPerRow;

    // Room for every data type and regime, whatever the numbers that their names stand for.
    private const int RegimeLimit = 32;
    private const int DataTypeLimit = 4;

    // Of the L2: the wire that does not fit leaks to memory, and the messages want their share too.
    private const int WorkspaceShareOfL2 = 3;

    private readonly KernelSet _kernelSet;
    private readonly IReadOnlyList<GpuDevice> _devices;
    private readonly GpuGroupOptions _options;
    private readonly Dictionary<(GpuDevice Device, KernelUnit Unit), nint> _modules = [];
    private readonly GpuKernel?[] _byTypeAndRegime = new GpuKernel?[DataTypeLimit * RegimeLimit];

    private GpuKernels(KernelSet kernelSet, IReadOnlyList<GpuDevice> devices, GpuGroupOptions options)
    {
        _kernelSet = kernelSet;
        _devices = devices;
        _options = options;
    }

    /// <summary>Every kernel, in the order of the variants.</summary>
    public IReadOnlyList<GpuKernel> All { get; private set; } = [];

    /// <summary>Loads the kernels of every variant with as many ranks as there are devices.</summary>
    /// <exception cref="NativeLibraryException">A code object is missing, or the driver refuses it.</exception>
    /// <exception cref="GpuException">Kernels cannot be resident together, or the driver fails.</exception>
    public static GpuKernels Load(KernelSet kernelSet, IReadOnlyList<GpuDevice> devices, GpuGroupOptions options)
    {
        var kernels = new GpuKernels(kernelSet, devices, options);
        try
        {
            kernels.All = [.. kernelSet.Variants.Where(variant => variant.WorldSize == devices.Count).Select(kernels.Load)];
            return kernels;
        }
        catch
        {
            kernels.Dispose();
            throw;
        }
    }

    /// <summary>The kernel for a type and regime; null where the set declares none.</summary>
    public GpuKernel? Find(DataType dataType, QuantRegime regime) =>
        (uint)dataType < DataTypeLimit && (uint)regime < RegimeLimit ? _byTypeAndRegime[Slot(dataType, regime)] : null;

    /// <summary>Unloads the modules. No kernel may be running.</summary>
    public void Dispose()
    {
        foreach (var ((device, _), module) in _modules)
        {
            device.Driver.UnloadModule(device.Index, module);
        }

        _modules.Clear();
    }

    private static int Slot(DataType dataType, QuantRegime regime) => (int)dataType * RegimeLimit + (int)regime;

    private GpuKernel Load(KernelVariant variant, int index)
    {
        var functions = _devices.Select(device => Function(device, variant)).ToArray();
        var kernel = new GpuKernel(index, variant, functions, MaxBlocks(variant, functions));
        _byTypeAndRegime[Slot(variant.DataType, variant.Regime)] = kernel;
        return kernel;
    }

    private nint Function(GpuDevice device, KernelVariant variant)
    {
        var unit = _kernelSet.UnitOf(variant)
            ?? throw new NativeLibraryException(NativeLibraryProblem.Missing, null, _kernelSet.Name + " has no translation unit for " + variant + ", so no code object can be built for it.");
        var path = CodeObjectFile.Find(_options.LibraryDirectory ?? AppContext.BaseDirectory, unit, device);
        var function = device.Driver.Function(device.Index, Module(device, unit, path), variant.KernelName);
        return function != 0
            ? function
            : throw new NativeLibraryException(NativeLibraryProblem.NotLoadable, path, "The code object of " + variant + ", " + path + ", has no kernel " + variant.KernelName + ". Rebuild the application.");
    }

    private nint Module(GpuDevice device, KernelUnit unit, string path)
    {
        if (!_modules.TryGetValue((device, unit), out var module))
        {
            byte[] image;
            try
            {
                image = File.ReadAllBytes(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new NativeLibraryException(NativeLibraryProblem.NotLoadable, path, "The code object " + path + " cannot be read: " + exception.Message, exception);
            }

            module = device.Driver.LoadModule(device.Index, image, out var log);
            if (module == 0)
            {
                throw new NativeLibraryException(NativeLibraryProblem.NotLoadable, path, device + " cannot load the code object " + path + ": " + log + ". Rebuild the application for this device, or install a newer driver.");
            }

            _modules.Add((device, unit), module);
        }

        return module;
    }

    /// <summary>Blocks of a rank, so that all ranks' blocks are resident together and their workspaces in the cache.</summary>
    private int MaxBlocks(KernelVariant variant, nint[] functions)
    {
        var geometry = new TwoShotGeometry(variant);
        var resident = TwoShotGeometry.MaxSlots;
        var cached = TwoShotGeometry.MaxSlots;
        for (var rank = 0; rank < functions.Length; rank++)
        {
            var device = _devices[rank];
            var sharers = _devices.Count(other => ReferenceEquals(other, device));
            var onDevice = device.Driver.BlocksPerMultiprocessor(device.Index, functions[rank], ThreadsPerBlock) * device.Multiprocessors;
            resident = int.Min(resident, onDevice / sharers);
            if (device.Driver.CachesSharedMemory)
            {
                cached = int.Min(cached, int.Max(1, device.L2CacheBytes / WorkspaceShareOfL2 / sharers / geometry.SlotBytes));
            }
        }

        if (resident == 0 || _options.MaxBlocks > resident)
        {
            throw new GpuException(
                GpuProblem.NotCoResident,
                "The kernels of " + variant + " cannot run: " + int.Max(1, _options.MaxBlocks) + " blocks for each of " + functions.Length + " ranks are asked for, and " + resident
                    + " fit on " + string.Join(", ", _devices.Distinct()) + " at the same time. Blocks that are not resident would be waited for without end. "
                    + "Lower GpuGroupOptions.MaxBlocks, or use more devices.");
        }

        return _options.MaxBlocks > 0 ? _options.MaxBlocks : int.Min(resident, cached);
    }
}
