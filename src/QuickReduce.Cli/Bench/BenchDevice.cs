using System.Globalization;
using QuickReduce.Cli.Bench.Cpu;
using QuickReduce.Cli.Bench.Gpu;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Cli.Kernels;
using QuickReduce.Measurement;

namespace QuickReduce.Cli.Bench;

/// <summary>What a sweep runs on: a kind of device that this machine has.</summary>
/// <param name="Kind">The kind; not <see cref="DeviceKind.Auto"/>.</param>
/// <param name="Gpus">The GPUs of that kind; none for the CPU.</param>
internal sealed record BenchDevice(DeviceKind Kind, IReadOnlyList<GpuDevice> Gpus)
{
    // Ranks that share a device run at the same time only if the driver has a queue for each.
    private const string CudaQueues = "CUDA_DEVICE_MAX_CONNECTIONS";
    private const string HipQueues = "GPU_MAX_HW_QUEUES";

    /// <summary>Whether ranks are on GPUs.</summary>
    public bool IsGpu => Gpus.Count > 0;

    /// <summary>Finds what was asked for.</summary>
    /// <param name="asked">A kind, or <see cref="DeviceKind.Auto"/> for the best that there is: a GPU, the host kernels, the managed backend.</param>
    /// <exception cref="MissingDeviceException">There is none.</exception>
    public static BenchDevice Find(DeviceKind asked)
    {
        ProcessEnvironment.Set(CudaQueues, "32");
        ProcessEnvironment.Set(HipQueues, "16");
        switch (asked)
        {
            case DeviceKind.Managed:
                return new BenchDevice(DeviceKind.Managed, []);

            case DeviceKind.Host:
                RequireHost();
                return new BenchDevice(DeviceKind.Host, []);

            case DeviceKind.Cuda or DeviceKind.Hip:
                return new BenchDevice(asked, Discover(asked));

            default:
                if (GpuDevice.Discover() is { Count: > 0 } found)
                {
                    return new BenchDevice(found[0].Kind, [.. found.Where(gpu => gpu.Kind == found[0].Kind)]);
                }

                return new BenchDevice(CanUseHost() ? DeviceKind.Host : DeviceKind.Managed, []);
        }
    }

    /// <summary>The device of every rank: each its own where there are enough, otherwise all the first.</summary>
    public IReadOnlyList<GpuDevice> ForRanks(int worldSize) =>
        Gpus.Count >= worldSize ? [.. Gpus.Take(worldSize)] : [.. Enumerable.Repeat(Gpus[0], worldSize)];

    /// <summary>Bytes that the buffers of all ranks may take, on the device that has the most of them.</summary>
    public long UsableBytes() => IsGpu ? Gpus[0].MemoryBytes / 2 : MachineMemory.UsableBytes();

    /// <summary>Ranks of a group that share the memory that <see cref="UsableBytes"/> is of.</summary>
    public int RanksPerMemory(int worldSize) => IsGpu && Gpus.Count >= worldSize ? 1 : worldSize;

    /// <summary>The machine, and how ranks are spread over it.</summary>
    public string Machine(int worldSize, bool processes)
    {
        if (!IsGpu)
        {
            return ProcessEnvironment.Machine + (processes ? ", a process per rank" : ", a thread per rank");
        }

        var spread = Gpus.Count >= worldSize;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(spread ? worldSize : 1)} × {Gpus[0].Name}{(spread ? string.Empty : $" shared by {worldSize} ranks")}, driver {ProcessEnvironment.DriverVersion(Kind)}, {ProcessEnvironment.Machine}");
    }

    /// <summary>What measures on this device.</summary>
    public ISweep CreateSweep(SweepOptions options, bool processes) =>
        IsGpu ? new GpuSweep(options, this) : processes ? new ProcessSweep(options) : new ThreadSweep(options);

    private static IReadOnlyList<GpuDevice> Discover(DeviceKind kind)
    {
        try
        {
            return GpuDevice.Discover(kind);
        }
        catch (GpuException missing)
        {
            throw new MissingDeviceException($"There is no {AxisNames.Devices.NameOf(kind)} device here. {missing.Message} `quickreduce doctor` says what this machine has; --device managed runs everywhere.");
        }
    }

    private static bool CanUseHost()
    {
        try
        {
            RequireHost();
            return true;
        }
        catch (MissingDeviceException)
        {
            return false;
        }
    }

    /// <summary>A first small call loads a library of compiled kernels, or says why it cannot.</summary>
    private static void RequireHost()
    {
        try
        {
            using var group = AllReduceGroup.Create(ToolKernels.Kernels, 2, new GroupOptions { Device = DeviceKind.Host });
            group.AllReduce<float>(QuantRegime.FP, [new float[1], new float[1]], [new float[1], new float[1]]);
        }
        catch (NativeLibraryException missing)
        {
            throw new MissingDeviceException(
                "This tool has no host kernels that run here. " + missing.Message
                + " They are compiled when the tool is packed or built where clang 22 is installed (Debian: apt-get install clang-22 lld-22). --device managed runs everywhere.");
        }
    }
}

/// <summary>This machine, or this tool, lacks what was asked for; the message says what to do.</summary>
internal sealed class MissingDeviceException(string message) : Exception(message);
