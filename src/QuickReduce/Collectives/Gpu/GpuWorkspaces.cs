using QuickReduce.Devices.Gpu;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// The ranks' workspaces: memory that all ranks' kernels write to while they run. Every rank has one allocation with a
/// workspace for each layout, so that calls with different layouts never share a byte: a slow rank may still read its
/// part of one call while a fast one writes that of the next. Variants whose workspaces look alike down to the lane share
/// one, as calls of one variant do: to the protocol they are the same.
/// </summary>
internal sealed unsafe partial class GpuWorkspaces : IDisposable
{
    private const int Alignment = 256;

    private readonly IReadOnlyList<GpuDevice> _devices;
    private readonly nint[] _memory;
    private readonly List<Region> _regions = [];
    private readonly Dictionary<GpuDevice, GpuStream> _streams = [];
    private readonly long _bytes;

    /// <summary>Lays out, allocates and prepares the workspaces of kernels; tells each kernel where its own begins.</summary>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuWorkspaces(IReadOnlyList<GpuDevice> devices, IReadOnlyList<GpuKernel> kernels)
    {
        _devices = devices;
        _memory = new nint[devices.Count];
        foreach (var sameLayout in kernels.GroupBy(LayoutOf))
        {
            foreach (var kernel in sameLayout)
            {
                kernel.WorkspaceOffset = _bytes;
            }

            var region = new Region(_bytes, [.. sameLayout]);
            _regions.Add(region);
            _bytes += (region.Bytes + Alignment - 1) / Alignment * Alignment;
        }

        try
        {
            foreach (var device in devices.Distinct())
            {
                _streams.Add(device, device.CreateStream());
            }

            for (var rank = 0; rank < devices.Count; rank++)
            {
                _memory[rank] = devices[rank].Driver.AllocateShared(devices[rank].Index, (nint)_bytes);
            }

            Reset();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of one rank's memory.</summary>
    public long BytesPerRank => _bytes;

    /// <summary>Start of a rank's memory.</summary>
    public nint this[int rank] => _memory[rank];

    /// <summary>
    /// Writes the address tables, and zeroes epochs and flags, those within packets too. No kernel may be running.
    /// </summary>
    public void Reset()
    {
        Span<long> addresses = stackalloc long[KernelGeometry.MaxWorldSize];
        for (var rank = 0; rank < _devices.Count; rank++)
        {
            var device = _devices[rank];
            var stream = _streams[device];
            foreach (var region in _regions)
            {
                for (var peer = 0; peer < _devices.Count; peer++)
                {
                    addresses[peer] = _memory[peer] + (nint)region.Offset;
                }

                fixed (long* table = addresses)
                {
                    var start = _memory[rank] + (nint)region.Offset;
                    device.Driver.Fill(device.Index, start, 0, (nint)region.BytesWithFlags, stream.Handle);
                    device.Driver.CopyFromHost(device.Index, start, table, _devices.Count * sizeof(long), stream.Handle);
                    stream.Synchronize();
                }
            }
        }
    }

    /// <summary>Frees the workspaces. No kernel may be running.</summary>
    public void Dispose()
    {
        for (var rank = 0; rank < _memory.Length; rank++)
        {
            if (_memory[rank] != 0)
            {
                _devices[rank].Driver.Free(_devices[rank].Index, _memory[rank]);
                _memory[rank] = 0;
            }
        }

        foreach (var stream in _streams.Values)
        {
            stream.Dispose();
        }
    }

    // What decides where each lane finds its part. The world size is the same for all.
    private static (AllReduceAlgorithm Algorithm, int Lanes, int Rows, int SlotBytes) LayoutOf(GpuKernel kernel) =>
        (kernel.Variant.Algorithm, kernel.Variant.BlockSize, kernel.Geometry.RowsPerTile, kernel.Geometry.SlotBytes);

    /// <summary>The workspace of a layout within each rank's memory.</summary>
    /// <param name="Offset">Where it begins, in bytes.</param>
    /// <param name="Kernels">The kernels that use it.</param>
    private sealed record Region(long Offset, IReadOnlyList<GpuKernel> Kernels)
    {
        public KernelGeometry Geometry => Kernels[0].Geometry;

        public AllReduceAlgorithm Algorithm => Geometry.Variant.Algorithm;

        /// <summary>Phases that end with flags.</summary>
        public int FlagPhases => Algorithm switch
        {
            AllReduceAlgorithm.TwoShot => 2,
            AllReduceAlgorithm.OneShot => 0,
            _ => 1,
        };

        public long Bytes => Geometry.WorkspaceBytes(Kernels.Max(static kernel => kernel.MaxBlocks));

        /// <summary>Bytes from the start up to the last flag: all, where data holds flags of its own.</summary>
        public long BytesWithFlags => Algorithm == AllReduceAlgorithm.TwoShot ? Geometry.DataOffset : Bytes;

        /// <summary>One-shot: words of the packets that a sender has in one half of a slot.</summary>
        public int PartWords => Geometry.RowsPerTile * Geometry.PacketRowBytes / sizeof(uint);

        /// <summary>One-shot: index, in words from the first slot, of a sender's first flag in a half; each slot has two.</summary>
        public int FlagOfPart(int half, int sender) => (half * Geometry.Variant.WorldSize + sender) * PartWords + 1;

        public int MostBlocks => Kernels.Max(static kernel => kernel.MostBlocks);
    }
}
