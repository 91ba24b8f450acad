using QuickReduce.Devices.Gpu;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// The ranks' workspaces: memory that all ranks' kernels write to while they run. Every rank has one allocation with a
/// workspace for each geometry, so that calls of different regimes never share a byte: a slow rank may still read its
/// segments of one call while a fast one writes those of the next.
/// </summary>
internal sealed unsafe class GpuWorkspaces : IDisposable
{
    private const int Alignment = 256;

    // Where flags are set to release kernels: far ahead of any epoch that one launch could come to.
    private const uint FarAhead = 1u << 30;

    private static readonly TimeSpan ReleaseInterval = TimeSpan.FromMilliseconds(1);

    private readonly IReadOnlyList<GpuDevice> _devices;
    private readonly nint[] _memory;
    private readonly List<(long Offset, TwoShotGeometry Geometry)> _regions = [];
    private readonly Dictionary<GpuDevice, GpuStream> _streams = [];
    private readonly long _bytes;

    /// <summary>Lays out, allocates and prepares the workspaces of kernels; tells each kernel where its own begins.</summary>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuWorkspaces(IReadOnlyList<GpuDevice> devices, IReadOnlyList<GpuKernel> kernels)
    {
        _devices = devices;
        _memory = new nint[devices.Count];
        foreach (var sameLayout in kernels.GroupBy(static kernel => kernel.Geometry.SlotBytes))
        {
            var geometry = sameLayout.First().Geometry;
            foreach (var kernel in sameLayout)
            {
                kernel.WorkspaceOffset = _bytes;
            }

            _regions.Add((_bytes, geometry));
            var bytes = geometry.WorkspaceBytes(sameLayout.Max(static kernel => kernel.MaxBlocks));
            _bytes += (bytes + Alignment - 1) / Alignment * Alignment;
        }

        try
        {
            for (var rank = 0; rank < devices.Count; rank++)
            {
                _streams.TryAdd(devices[rank], devices[rank].CreateStream());
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

    /// <summary>Writes the address tables, and zeroes epochs and flags. No kernel may be running.</summary>
    public void Reset()
    {
        Span<long> addresses = stackalloc long[TwoShotGeometry.MaxWorldSize];
        for (var rank = 0; rank < _devices.Count; rank++)
        {
            var device = _devices[rank];
            var stream = _streams[device];
            foreach (var (offset, geometry) in _regions)
            {
                for (var peer = 0; peer < _devices.Count; peer++)
                {
                    addresses[peer] = _memory[peer] + (nint)offset;
                }

                fixed (long* table = addresses)
                {
                    var start = _memory[rank] + (nint)offset;
                    device.Driver.Fill(device.Index, start, 0, geometry.DataOffset, stream.Handle);
                    device.Driver.CopyFromHost(device.Index, start, table, _devices.Count * sizeof(long), stream.Handle);
                    stream.Synchronize();
                }
            }
        }
    }

    /// <summary>
    /// Lets every kernel that waits, or is yet to run, go on without the ranks that it waits for, until all devices are
    /// idle: what such a kernel writes to its output is undefined. <see cref="Reset"/> must follow.
    /// </summary>
    /// <param name="grace">How long the kernels may go on by themselves first.</param>
    /// <param name="timeout">How long they may then take to end.</param>
    /// <returns>Whether the devices became idle in time.</returns>
    /// <exception cref="GpuException">A device is lost.</exception>
    public bool ReleaseKernels(TimeSpan grace, TimeSpan timeout)
    {
        var idle = Task.WhenAll(_streams.Keys.Select(static device => Task.Run(device.Synchronize)));
        if (Task.WaitAny([idle], grace) == 0)
        {
            idle.GetAwaiter().GetResult();
            return true;
        }

        var deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (Task.WaitAny([idle], ReleaseInterval) < 0)
        {
            if (Environment.TickCount64 > deadline)
            {
                return false;
            }

            for (var rank = 0; rank < _devices.Count; rank++)
            {
                RaiseFlags(rank);
            }
        }

        idle.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>Epochs and flags of a rank, for messages: those that are not zero.</summary>
    public string Describe(int rank)
    {
        var text = new System.Text.StringBuilder();
        var device = _devices[rank];
        var stream = _streams[device];
        foreach (var (offset, geometry) in _regions)
        {
            var words = Read(rank, offset, geometry);
            for (var slot = 0; slot < TwoShotGeometry.MaxSlots; slot++)
            {
                var flags = Enumerable.Range(0, 2).Select(phase => string.Join(' ', Enumerable.Range(0, _devices.Count).Select(sender => words[FlagIndex(geometry, phase, slot, sender)]))).ToArray();
                var epoch = words[TwoShotGeometry.EpochOffset / sizeof(uint) + slot];
                if (epoch != 0 || flags.Any(static flag => flag.AsSpan().IndexOfAnyExcept('0', ' ') >= 0))
                {
                    text.AppendLine("rank " + rank + " (" + geometry.Variant + "…) slot " + slot + ": epoch " + epoch + ", flags of phase 1 [" + flags[0] + "], of phase 2 [" + flags[1] + "]");
                }
            }
        }

        return text.ToString();
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

    private static int FlagIndex(TwoShotGeometry geometry, int phase, int slot, int sender) =>
        TwoShotGeometry.FlagOffset / sizeof(uint) + (phase * TwoShotGeometry.MaxSlots + slot) * geometry.Variant.WorldSize + sender;

    // Copies from and to the host, which need no multiprocessor: those may all be taken by kernels that wait.
    private void RaiseFlags(int rank)
    {
        foreach (var (offset, geometry) in _regions)
        {
            var words = Read(rank, offset, geometry);
            for (var phase = 0; phase < 2; phase++)
            {
                for (var slot = 0; slot < TwoShotGeometry.MaxSlots; slot++)
                {
                    var epoch = words[TwoShotGeometry.EpochOffset / sizeof(uint) + slot];
                    words.AsSpan(FlagIndex(geometry, phase, slot, 0), _devices.Count).Fill(unchecked(epoch + FarAhead));
                }
            }

            var device = _devices[rank];
            var flags = words.AsSpan(TwoShotGeometry.FlagOffset / sizeof(uint));
            fixed (uint* source = flags)
            {
                device.Driver.CopyFromHost(device.Index, _memory[rank] + (nint)offset + TwoShotGeometry.FlagOffset, source, flags.Length * sizeof(uint), _streams[device].Handle);
                _streams[device].Synchronize();
            }
        }
    }

    private uint[] Read(int rank, long offset, TwoShotGeometry geometry)
    {
        var device = _devices[rank];
        var words = new uint[geometry.DataOffset / sizeof(uint)];
        fixed (uint* destination = words)
        {
            device.Driver.CopyToHost(device.Index, destination, _memory[rank] + (nint)offset, words.Length * sizeof(uint), _streams[device].Handle);
            _streams[device].Synchronize();
        }

        return words;
    }
}
