using QuickReduce.Codecs;
using QuickReduce.Devices.Host;

namespace QuickReduce.Devices.Processes;

/// <summary>Makes the kernels of a rank whose peers are other processes. Immutable and thread-safe.</summary>
/// <remarks>
/// A device of another kind, such as a GPU, has its place here if its ranks go through memory of the host; one whose
/// ranks see each other's memory directly needs no more of a process group than its meeting (<c>RankMeeting</c>).
/// </remarks>
internal sealed unsafe class RankKernels
{
    private const int PageBytes = 4096;

    // Large enough that a wait per chunk costs little, and small enough that two chunks stay in a second-level cache.
    private const int UsualRegionBytes = 512 * 1024;

    private readonly string _libraryDirectory;

    /// <summary>Chooses the device of a group.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="device"/> is not a device that shares host memory.</exception>
    /// <exception cref="NativeLibraryException">This platform has no such device.</exception>
    public RankKernels(KernelSet kernels, int worldSize, DeviceKind device, string libraryDirectory)
    {
        Kernels = kernels;
        _libraryDirectory = libraryDirectory;
        Device = device == DeviceKind.Auto ? DeviceKind.Managed : device;
        RegionBytes = UsualRegionBytes;
        switch (Device)
        {
            case DeviceKind.Managed:
                break;
            case DeviceKind.Host when HostInstructionLevel.Supported.Count == 0:
                throw HostLibrary.Unsupported(LibraryUse.OfAllReduce(kernels.Name));
            case DeviceKind.Host:
                var least = (HostRankKernel.LeastRegionBytes(kernels, worldSize) + PageBytes - 1) / PageBytes * PageBytes;
                RegionBytes = (int)long.Max(UsualRegionBytes, least);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(device), device, "Ranks in processes of their own run on DeviceKind.Managed or DeviceKind.Host.");
        }
    }

    /// <summary>The kernels that there are.</summary>
    public KernelSet Kernels { get; }

    /// <summary>What runs the kernels; never <see cref="DeviceKind.Auto"/>.</summary>
    public DeviceKind Device { get; }

    /// <summary>Bytes of a rank's part of a region of shared memory, a multiple of 4096; the same on all ranks.</summary>
    public int RegionBytes { get; }

    /// <summary>Bytes of a rank's part of a region that stay as <see cref="Prepare"/> writes them.</summary>
    private int TableBytes => Device == DeviceKind.Host ? PageBytes : 0;

    /// <summary>Prepares a rank's part of a region, before any kernel uses it.</summary>
    /// <param name="region">Rank 0's part; the other ranks' follow.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="worldSize">Number of ranks.</param>
    public void Prepare(byte* region, int rank, int worldSize)
    {
        if (Device == DeviceKind.Host)
        {
            HostRankKernel.Prepare(region, RegionBytes, rank, worldSize);
        }
    }

    /// <summary>The kernel of a declared variant.</summary>
    /// <exception cref="NativeLibraryException">It needs a native library that cannot be used.</exception>
    public RankKernel Create(KernelVariant variant)
    {
        // Direct reads the other ranks' inputs where they lie, which no other process can; its sums are those of any way.
        if (Device == DeviceKind.Host && variant.Algorithm != AllReduceAlgorithm.Direct)
        {
            return new HostRankKernel(variant, HostLibrary.Load(_libraryDirectory, Kernels, variant), RegionBytes);
        }

        return variant.Regime == QuantRegime.FP
            ? CreateFullPrecision(variant, BufferSharing.None)
            : new QuantizedRankKernel(variant, RowCodec.For(variant.DataType, variant.Mode), RegionBytes, RegionBytes);
    }
    /// <summary>
    /// The kernel in full precision for buffers that all ranks see, of which every device's processor can read and write
    /// what it needs where it lies.
    /// </summary>
    public RankKernel CreateShared(DataType type, int worldSize, BufferSharing sharing) =>
        CreateFullPrecision(new KernelVariant(type, QuantRegime.FP, worldSize), sharing);

    /// <summary>The kernel that gives every rank what every rank has.</summary>
    public GatherRankKernel CreateGather(DataType type, int worldSize) =>
        new(new KernelVariant(type, QuantRegime.FP, worldSize), RegionBytes, RegionBytes - TableBytes) { RegionStart = TableBytes };

    private FullPrecisionRankKernel CreateFullPrecision(KernelVariant variant, BufferSharing sharing) =>
        new(variant, RegionBytes, RegionBytes - TableBytes, sharing) { RegionStart = TableBytes };
}
