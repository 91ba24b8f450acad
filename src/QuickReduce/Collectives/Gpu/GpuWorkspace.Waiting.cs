using System.Runtime.InteropServices;

namespace QuickReduce.Collectives.Gpu;

/// <content>What a rank's running kernels wait for, told from flags: also those of calls that a graph replays.</content>
internal sealed partial class GpuWorkspace
{
    /// <summary>Looks which ranks a running kernel waits for at this moment. Reads device memory, and disturbs nothing.</summary>
    /// <param name="peerMemory">Another rank's memory, where this one's packets stand.</param>
    public KernelWait LookWhatIsAwaited(nint peerMemory)
    {
        uint ranks = 0;
        var progress = default(HashCode);
        foreach (var region in _layout.RegionsInUse)
        {
            var header = ReadHeader(region);
            progress.AddBytes(MemoryMarshal.AsBytes(header.AsSpan(KernelGeometry.EpochOffset / sizeof(uint))));
            ranks |= region.Algorithm == AllReduceAlgorithm.OneShot
                ? SendersAwaited(region, header, ReadSlots(region, peerMemory), ref progress)
                : SendersAwaited(region, header);
        }

        return new KernelWait(ranks, progress.ToHashCode());
    }

    // A block writes its epoch when its call ends; the flags that it has raised, to itself too, are newer until then.
    private uint SendersAwaited(WorkspaceRegion region, uint[] header)
    {
        uint ranks = 0;
        for (var slot = 0; slot < region.MostBlocks; slot++)
        {
            var epoch = EpochOf(header, slot);
            for (var phase = 0; phase < region.FlagPhases; phase++)
            {
                var own = header[region.FlagIndex(phase, slot, _rank)];
                for (var sender = 0; sender < _worldSize && own != epoch; sender++)
                {
                    ranks |= unchecked((int)(header[region.FlagIndex(phase, slot, sender)] - own)) < 0 ? 1U << sender : 0;
                }
            }
        }

        return ranks;
    }

    private uint SendersAwaited(WorkspaceRegion region, uint[] header, uint[] sent, ref HashCode progress)
    {
        uint ranks = 0;
        var received = ReadSlots(region, _memory);
        for (var slot = 0; slot < region.MostBlocks; slot++)
        {
            var (even, odd) = (sent[region.FlagOfPart(2 * slot, _rank)], sent[region.FlagOfPart(2 * slot + 1, _rank)]);
            var newest = unchecked((int)(odd - even)) > 0 ? odd : even;
            progress.Add(newest);
            for (var sender = 0; sender < _worldSize && newest != EpochOf(header, slot); sender++)
            {
                var flag = received[region.FlagOfPart(2 * slot + (int)(newest % 2), sender)];
                ranks |= sender != _rank && flag != newest ? 1U << sender : 0;
            }
        }

        return ranks;
    }
}

/// <summary>What a rank's kernels wait for.</summary>
/// <param name="Ranks">Bit r: for rank r. 0 where none waits.</param>
/// <param name="Progress">Differs, most probably, if the kernels have come further in between.</param>
internal readonly record struct KernelWait(uint Ranks, int Progress);
