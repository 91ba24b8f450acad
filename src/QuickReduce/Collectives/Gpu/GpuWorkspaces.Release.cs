using System.Text;

namespace QuickReduce.Collectives.Gpu;

/// <content>How kernels are released that wait for ranks which will not come.</content>
internal sealed unsafe partial class GpuWorkspaces
{
    // Where two-shot's flags are set: far ahead of any epoch that one launch could come to.
    private const uint FarAhead = 1u << 30;

    // The last epoch of a one-shot slot; the next one is 1.
    private const uint LastOneShotEpoch = 0xFFFFFFFE;

    private static readonly TimeSpan ReleaseInterval = TimeSpan.FromMilliseconds(1);

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
        for (var attempt = 0; Task.WaitAny([idle], ReleaseInterval) < 0; attempt++)
        {
            if (Environment.TickCount64 > deadline)
            {
                return false;
            }

            foreach (var region in _regions.Where(static region => region.MostTurns > 0))
            {
                for (var rank = 0; rank < _devices.Count; rank++)
                {
                    if (region.IsOneShot)
                    {
                        FakePackets(region, rank, turn: attempt % region.MostTurns + 1);
                    }
                    else
                    {
                        RaiseFlags(region, rank);
                    }
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
        foreach (var region in _regions.Where(static region => region.MostTurns > 0))
        {
            var words = ReadHeader(region, rank);
            for (var slot = 0; slot < region.MostBlocks; slot++)
            {
                text.Append("rank " + rank + " (" + region.Geometry.Variant + "…) slot " + slot + ": epoch " + EpochOf(words, slot));
                if (!region.IsOneShot)
                {
                    var flags = Enumerable.Range(0, 2).Select(phase => string.Join(' ', Enumerable.Range(0, _devices.Count).Select(sender => words[FlagIndex(region, phase, slot, sender)]))).ToArray();
                    text.Append(", flags of phase 1 [" + flags[0] + "], of phase 2 [" + flags[1] + "]");
                }

                text.AppendLine();
            }
        }

        return text.ToString();
    }

    private static int FlagIndex(Region region, int phase, int slot, int sender) =>
        KernelGeometry.FlagOffset / sizeof(uint) + (phase * KernelGeometry.MaxSlots + slot) * region.Geometry.Variant.WorldSize + sender;

    private static uint EpochOf(uint[] header, int slot) => header[KernelGeometry.EpochOffset / sizeof(uint) + slot];

    /// <summary>The epoch of a slot's tile that comes a number of turns after the last finished call's.</summary>
    private static uint OneShotEpochAfter(uint epoch, int turns)
    {
        var after = (ulong)epoch + (uint)turns;
        return (uint)(after > LastOneShotEpoch ? after - LastOneShotEpoch : after);
    }

    // Copies from and to the host, which need no multiprocessor: those may all be taken by kernels that wait.
    private void RaiseFlags(Region region, int rank)
    {
        var words = ReadHeader(region, rank);
        for (var phase = 0; phase < 2; phase++)
        {
            for (var slot = 0; slot < KernelGeometry.MaxSlots; slot++)
            {
                words.AsSpan(FlagIndex(region, phase, slot, 0), _devices.Count).Fill(unchecked(EpochOf(words, slot) + FarAhead));
            }
        }

        Write(region, rank, KernelGeometry.FlagOffset, words.AsSpan(KernelGeometry.FlagOffset / sizeof(uint)));
    }

    /// <summary>
    /// Writes packets of one tile to every slot: a wait for exactly that tile ends. The epoch in memory is that of the last
    /// call that ended, so a block may wait for any of the tiles that its call has after it: they have their turns one by
    /// one, and again.
    /// </summary>
    private void FakePackets(Region region, int rank, int turn)
    {
        var header = ReadHeader(region, rank);
        var wordsPerSlot = region.Geometry.SlotBytes / sizeof(uint);
        var packets = new uint[region.MostBlocks * wordsPerSlot];
        for (var slot = 0; slot < region.MostBlocks; slot++)
        {
            var epoch = OneShotEpochAfter(EpochOf(header, slot), turn);
            var slotPackets = packets.AsSpan(slot * wordsPerSlot, wordsPerSlot);
            for (var flag = 1; flag < slotPackets.Length; flag += 2)
            {
                slotPackets[flag] = epoch;
            }
        }

        Write(region, rank, region.Geometry.DataOffset, packets);
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

    private uint[] ReadHeader(Region region, int rank)
    {
        var device = _devices[rank];
        var words = new uint[region.Geometry.DataOffset / sizeof(uint)];
        fixed (uint* destination = words)
        {
            device.Driver.CopyToHost(device.Index, destination, _memory[rank] + (nint)region.Offset, words.Length * sizeof(uint), _streams[device].Handle);
            _streams[device].Synchronize();
        }

        return words;
    }
}
