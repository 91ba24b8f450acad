using QuickReduce.Emulation.Driver;

namespace QuickReduce.Emulation;

/// <summary>
/// Emulated AMD GPUs: devices for a <see cref="GpuGroup"/> that execute gfx942 (or gfx950) code objects instruction by
/// instruction on the CPU. They say what kernels compute; they have no timing and no caches.
/// </summary>
/// <remarks>
/// <para>Thread-safe, as GPUs are. Kernels run on the threads that wait for them. If one thread enqueues and waits, a
/// run is the same every time for the same <see cref="EmulationOptions.Seed"/>.</para>
/// <para>Memory of a machine is freed when its buffers and groups are disposed, or with the machine.</para>
/// </remarks>
public sealed class EmulatedMachine
{
    private readonly EmulatedDriver _driver;

    /// <summary>Creates a machine.</summary>
    /// <param name="options">Options; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public EmulatedMachine(EmulationOptions? options = null)
    {
        Options = options ?? new EmulationOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.Devices, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.ComputeUnits, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(Options.MaxResidentBlocks, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.LivelockInstructions, 1, nameof(options));
        if (Options.Architecture is not ("gfx942" or "gfx950"))
        {
            throw new ArgumentException("EmulationOptions.Architecture is gfx942 or gfx950, not '" + Options.Architecture + "'.", nameof(options));
        }

        _driver = new EmulatedDriver(Options);
        Devices = GpuDevice.Of(_driver);
    }

    /// <summary>The options that the machine was created with.</summary>
    public EmulationOptions Options { get; }

    /// <summary>Its devices, for <see cref="GpuGroupOptions.Devices"/>; a device may be given for several ranks.</summary>
    public IReadOnlyList<GpuDevice> Devices { get; }

    /// <summary>Runs a kernel of any code object to its end: a kernel of your own, with the arguments that it declares.</summary>
    /// <param name="device">One of <see cref="Devices"/>.</param>
    /// <param name="codeObject">The code object's bytes.</param>
    /// <param name="kernel">Name of the kernel.</param>
    /// <param name="blocks">Number of blocks, in one dimension.</param>
    /// <param name="threadsPerBlock">Threads of a block.</param>
    /// <param name="arguments">
    /// The kernel's arguments as they lie in memory; buffers are addresses (<see cref="GpuResource.Handle"/>). What the run
    /// time adds (hidden arguments) is added.
    /// </param>
    /// <exception cref="ArgumentException">The device is another machine's, or there are fewer bytes of arguments than the kernel takes.</exception>
    /// <exception cref="NativeLibraryException">The code object cannot be used, or has no such kernel.</exception>
    /// <exception cref="GpuException">
    /// The kernel uses what is not modelled, cannot be launched like this, or did something that it may not do.
    /// </exception>
    public unsafe void Launch(GpuDevice device, ReadOnlySpan<byte> codeObject, string kernel, int blocks, int threadsPerBlock, ReadOnlySpan<byte> arguments)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(kernel);
        if (!ReferenceEquals(device.Driver, _driver))
        {
            throw new ArgumentException(device + " is not a device of this machine.", nameof(device));
        }

        var module = _driver.LoadModule(device.Index, codeObject, out var log);
        var function = module == 0 ? 0 : _driver.Function(device.Index, module, kernel);
        if (function == 0)
        {
            throw new NativeLibraryException(NativeLibraryProblem.NotLoadable, null, module == 0 ? "The code object cannot be used: " + log + "." : "The code object has no kernel " + kernel + ".");
        }

        using var stream = device.CreateStream();
        _driver.Launch(device.Index, function, blocks, threadsPerBlock, stream.Handle, arguments);
        stream.Synchronize();
        _driver.UnloadModule(device.Index, module);
    }

    /// <summary>Instructions executed so far; one of a wave counts once, not for each lane.</summary>
    public long Instructions => _driver.Machine.Instructions;

    /// <summary>Workgroups that ran to their end so far.</summary>
    public long Workgroups => _driver.Machine.Workgroups;

    /// <summary>What a kernel did that it may not do; null while none has. The machine has stopped then.</summary>
    public EmulationException? Problem => _driver.Lost;
}
