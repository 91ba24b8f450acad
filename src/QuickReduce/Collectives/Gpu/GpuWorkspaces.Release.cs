using System.Text;

namespace QuickReduce.Collectives.Gpu;

/// <content>How kernels are released that wait for ranks which will not come.</content>
internal sealed unsafe partial class GpuWorkspaces
{
    // Where flags are set: far ahead of any epoch that one launch could come to.
    private const uint FarAhead = 1u << 30;

    private static readonly TimeSpan ReleaseInterval = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Lets every kernel that waits, or is yet to run, go on without the ranks that it waits for, until all devices are
    /// idle: what such a kernel writes to its output is undefined. <see cref="Reset"/> must follow.
    /// </summary>
    /// <param name="absent">The ranks that will not come; none where that is not known, as with graphs.</param>
    /// <param name="grace">How long the kernels may go on by themselves first.</param>
    /// <param name="timeout">How long they may then take to end.</param>
    /// <returns>Whether the devices became idle in time.</returns>
    /// <exception cref="GpuException">A device is lost.</exception>
    public bool ReleaseKernels(int[] absent, TimeSpan grace, TimeSpan timeout)
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

            foreach (var region in _regions.Where(static region => region.MostBlocks > 0))
            {
                if (region.Algorithm == AllReduceAlgorithm.OneShot)
                {
                    absent = absent.Length > 0 ? absent : RanksWithoutTile(region);
                    FakePackets(region, absent);
                    continue;
                }

                for (var rank = 0; rank < _devices.Count; rank++)
                {
                    if (region.Algorithm == AllReduceAlgorithm.Direct)
                    {
                        FakeAnnouncements(region, rank);
                    }

                    RaiseFlags(region, rank);
                }
            }
        }

        idle.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>Epochs and flags of a rank, for messages: those that are not zero.</summary>
    public string Describe(int rank)
    {
        var text = new StringBuilder();
        foreach (var region in _regions.Where(static region => region.MostBlocks > 0))
        {
            var words = ReadHeader(region, rank);
            for (var slot = 0; slot < region.MostBlocks; slot++)
            {
                text.Append("rank " + rank + " (" + region.Geometry.Variant + "…) slot " + slot + ": epoch " + EpochOf(words, slot));
                for (var phase = 0; phase < region.FlagPhases; phase++)
                {
                    var flags = Enumerable.Range(0, _devices.Count).Select(sender => words[FlagIndex(region, phase, slot, sender)]);
                    text.Append(", flags of phase " + (phase + 1) + " [" + string.Join(' ', flags) + "]");
                }

                text.AppendLine();
            }
        }

        return text.ToString();
    }

    private static int FlagIndex(Region region, int phase, int slot, int sender) =>
        KernelGeometry.FlagOffset / sizeof(uint) + (phase * KernelGeometry.MaxSlots + slot) * region.Geometry.Variant.WorldSize + sender;

    private static uint EpochOf(uint[] header, int slot) => header[KernelGeometry.EpochOffset / sizeof(uint) + slot];

    // Copies from and to the host, which need no multiprocessor: those may all be taken by kernels that wait.
    private void RaiseFlags(Region region, int rank)
    {
        var words = ReadHeader(region, rank);
        for (var phase = 0; phase < region.FlagPhases; phase++)
        {
            for (var slot = 0; slot < KernelGeometry.MaxSlots; slot++)
            {
                words.AsSpan(FlagIndex(region, phase, slot, 0), _devices.Count).Fill(unchecked(EpochOf(words, slot) + FarAhead));
            }
        }

        Write(region, rank, KernelGeometry.FlagOffset, words.AsSpan(KernelGeometry.FlagOffset / sizeof(uint)));
    }

    /// <summary>
    /// Announces, for every rank that a block of this one waits for, this one's own buffers: what the block then reads
    /// and writes is at least memory that it may.
    /// </summary>
    private void FakeAnnouncements(Region region, int rank)
    {
        var header = ReadHeader(region, rank);
        var announcements = ReadSlots(region, rank);
        var words = region.Geometry.SlotBytes / sizeof(uint) / region.Geometry.Variant.WorldSize;
        for (var slot = 0; slot < region.MostBlocks; slot++)
        {
            var first = slot * _devices.Count;
            var own = announcements.AsSpan((first + rank) * words, words);
            for (var sender = 0; sender < _devices.Count && own[1] != EpochOf(header, slot); sender++)
            {
                var at = (first + sender) * words;
                if (announcements[at + 1] != own[1])
                {
                    Write(region, rank, region.Geometry.DataOffset + at * sizeof(uint), own);
                }
            }
        }
    }

    /// <summary>
    /// Writes the absent ranks' packets for every block that waits for them. A block waits for the tile that it has sent
    /// itself, and what it has sent stands with the absent ranks, where nothing is written here: so every block comes one
    /// tile further each time.
    /// </summary>
    private void FakePackets(Region region, int[] absent)
    {
        for (var rank = 0; rank < _devices.Count && absent.Length > 0; rank++)
        {
            if (!absent.Contains(rank))
            {
                FakePackets(region, absent, rank);
            }
        }
    }

    private void FakePackets(Region region, int[] absent, int rank)
    {
        var packets = ReadSlots(region, absent[0]);
        var device = _devices[rank];
        fixed (uint* source = packets)
        {
            for (var half = 0; half < 2 * region.MostBlocks; half++)
            {
                var epoch = packets[region.FlagOfPart(half, rank)];
                foreach (var sender in absent)
                {
                    var first = region.FlagOfPart(half, sender) - 1;
                    for (var flag = first + 1; flag < first + region.PartWords; flag += 2)
                    {
                        packets[flag] = epoch;
                    }

                    device.Driver.CopyFromHost(
                        device.Index, _memory[rank] + (nint)region.Offset + region.Geometry.DataOffset + first * sizeof(uint), source + first, region.PartWords * sizeof(uint), _streams[device].Handle);
                }
            }

            _streams[device].Synchronize();
        }
    }

    /// <summary>The ranks of which no block is in the middle of a tile; none where that goes for all.</summary>
    private int[] RanksWithoutTile(Region region)
    {
        var idle = Enumerable.Range(0, _devices.Count).Where(rank => !HasTile(region, rank)).ToArray();
        return idle.Length < _devices.Count ? idle : [];
    }

    // A block writes its epoch when its call ends. What it has sent is newer until then.
    private bool HasTile(Region region, int rank)
    {
        var header = ReadHeader(region, rank);
        var packets = ReadSlots(region, (rank + 1) % _devices.Count);
        return Enumerable.Range(0, region.MostBlocks).Any(slot =>
        {
            var (even, odd) = (packets[region.FlagOfPart(2 * slot, rank)], packets[region.FlagOfPart(2 * slot + 1, rank)]);
            return (unchecked((int)(odd - even)) > 0 ? odd : even) != EpochOf(header, slot);
        });
    }

    private void Write(Region region, int rank, int offset, ReadOnlySpan<uint> words)
    {
        var device = _devices[rank];
        fixed (uint* source = words)
        {
            device.Driver.CopyFromHost(device.Index, _memory[rank] + (nint)region.Offset + offset, source, words.Length * sizeof(uint), _streams[device].Handle);
            _streams[device].Synchronize();
        }
    }

    private uint[] ReadSlots(Region region, int rank)
    {
        var words = new uint[region.MostBlocks * region.Geometry.SlotBytes / sizeof(uint)];
        Read(region, rank, region.Geometry.DataOffset, words);
        return words;
    }

    private uint[] ReadHeader(Region region, int rank)
    {
        var words = new uint[region.Geometry.DataOffset / sizeof(uint)];
        Read(region, rank, offset: 0, words);
        return words;
    }

    private void Read(Region region, int rank, int offset, Span<uint> words)
    {
        var device = _devices[rank];
        fixed (uint* destination = words)
        {
            device.Driver.CopyToHost(device.Index, destination, _memory[rank] + (nint)region.Offset + offset, words.Length * sizeof(uint), _streams[device].Handle);
            _streams[device].Synchronize();
        }
    }
}
