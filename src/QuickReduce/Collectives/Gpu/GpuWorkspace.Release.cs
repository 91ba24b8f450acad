using System.Text;

namespace QuickReduce.Collectives.Gpu;

/// <content>How a rank's kernels are released that wait for ranks which will not come.</content>
internal sealed partial class GpuWorkspace
{
    // Where flags are set: far ahead of any epoch that one launch could come to.
    private const uint FarAhead = 1u << 30;

    // One-shot: a tile's packets stand for up to two to this power of rounds.
    private const int LongestDwell = 6;

    // One-shot: a slot's epochs are 1, 2, … LastEpoch, 1, 2, … as the kernel counts them.
    private const uint LastEpoch = 0xFFFF_FFFE;

    private static readonly TimeSpan ReleaseInterval = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<WorkspaceRegion, Sweep[]> _sweeps = [];

    /// <summary>
    /// Lets every kernel of some ranks that waits, or is yet to run, go on without the ranks that it waits for, until the
    /// devices are idle: what such a kernel writes to its output is undefined. <see cref="Reset"/> must follow.
    /// </summary>
    /// <param name="workspaces">The ranks' workspaces.</param>
    /// <param name="grace">How long the kernels may go on by themselves first.</param>
    /// <param name="timeout">How long they may then take to end.</param>
    /// <returns>Whether the devices became idle in time.</returns>
    /// <exception cref="GpuException">A device is lost.</exception>
    public static bool ReleaseKernels(IReadOnlyList<GpuWorkspace> workspaces, TimeSpan grace, TimeSpan timeout)
    {
        var idle = Task.WhenAll(workspaces.Select(static workspace => workspace.Device).Distinct().Select(static device => Task.Run(device.Synchronize)));
        if (Task.WaitAny([idle], grace) < 0)
        {
            var deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
            while (Task.WaitAny([idle], ReleaseInterval) < 0)
            {
                if (Environment.TickCount64 > deadline)
                {
                    return false;
                }

                foreach (var workspace in workspaces)
                {
                    workspace.Release();
                }
            }
        }

        idle.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>Epochs and flags, for messages: those of slots that were used.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        foreach (var region in _layout.RegionsInUse)
        {
            var words = ReadHeader(region);
            for (var slot = 0; slot < region.MostBlocks; slot++)
            {
                text.Append("rank " + _rank + " (" + region.Geometry.Variant + "…) slot " + slot + ": epoch " + EpochOf(words, slot));
                for (var phase = 0; phase < region.FlagPhases; phase++)
                {
                    var flags = Enumerable.Range(0, _worldSize).Select(sender => words[region.FlagIndex(phase, slot, sender)]);
                    text.Append(", flags of phase " + (phase + 1) + " [" + string.Join(' ', flags) + "]");
                }

                text.AppendLine();
            }
        }

        return text.ToString();
    }

    private static uint EpochOf(uint[] header, int slot) => header[KernelGeometry.EpochOffset / sizeof(uint) + slot];

    private static uint EpochAfter(uint epoch) => epoch < LastEpoch ? epoch + 1 : 1;

    // Copies from and to the host, which need no multiprocessor: those may all be taken by kernels that wait. Only the own
    // memory is read and written, so that each rank can be released by its own process, whatever has become of the others.
    private void Release()
    {
        foreach (var region in _layout.RegionsInUse)
        {
            if (region.Algorithm == AllReduceAlgorithm.OneShot)
            {
                FakePackets(region);
                continue;
            }

            if (region.Algorithm == AllReduceAlgorithm.Direct)
            {
                FakeAnnouncements(region);
            }

            RaiseFlags(region);
        }
    }

    private void RaiseFlags(WorkspaceRegion region)
    {
        var words = ReadHeader(region);
        for (var phase = 0; phase < region.FlagPhases; phase++)
        {
            for (var slot = 0; slot < KernelGeometry.MaxSlots; slot++)
            {
                words.AsSpan(region.FlagIndex(phase, slot, 0), _worldSize).Fill(unchecked(EpochOf(words, slot) + FarAhead));
            }
        }

        Write(region, KernelGeometry.FlagOffset, words.AsSpan(KernelGeometry.FlagOffset / sizeof(uint)));
    }

    /// <summary>
    /// Announces, for every rank that a block of this one waits for, this one's own buffers: what the block then reads
    /// and writes is at least memory that it may.
    /// </summary>
    private void FakeAnnouncements(WorkspaceRegion region)
    {
        var header = ReadHeader(region);
        var announcements = ReadSlots(region, _memory);
        var words = region.SlotWords / _worldSize;
        for (var slot = 0; slot < region.MostBlocks; slot++)
        {
            var first = slot * _worldSize;
            var own = announcements.AsSpan((first + _rank) * words, words);
            for (var sender = 0; sender < _worldSize && own[1] != EpochOf(header, slot); sender++)
            {
                var at = (first + sender) * words;
                if (announcements[at + 1] != own[1])
                {
                    Write(region, region.Geometry.DataOffset + at * sizeof(uint), own);
                }
            }
        }
    }

    /// <summary>
    /// Writes all other ranks' packets for two tiles of every block. Which tile a block waits for, it does not say before
    /// its call ends; but it is one of those that follow the epoch with which the call began. So these are tried in turn,
    /// over and over, each time for longer, since a kernel may not be running while its tile comes by: a block waits for
    /// exactly its tile.
    /// </summary>
    private void FakePackets(WorkspaceRegion region)
    {
        if (!_sweeps.TryGetValue(region, out var sweeps) || sweeps.Length < region.MostBlocks)
        {
            _sweeps[region] = sweeps = new Sweep[region.MostBlocks];
        }

        var header = ReadHeader(region);
        var packets = new uint[region.MostBlocks * region.SlotWords];
        for (var slot = 0; slot < region.MostBlocks; slot++)
        {
            ref var sweep = ref sweeps[slot];
            sweep.Next(EpochOf(header, slot), region.MostTurns);
            var epoch = sweep.Epoch;
            for (var tile = 0; tile < 2; tile++)
            {
                epoch = EpochAfter(epoch);
                for (var sender = 0; sender < _worldSize; sender++)
                {
                    var first = region.FlagOfPart(2 * slot + (int)(epoch % 2), sender);
                    for (var flag = first; flag < first + region.PartWords; flag += 2)
                    {
                        packets[flag] = epoch;
                    }
                }
            }
        }

        Write(region, region.Geometry.DataOffset, packets);
    }

    /// <summary>How far a slot's tiles have been tried.</summary>
    private struct Sweep
    {
        private uint _start;
        private int _turns;
        private int _sweeps;
        private int _roundsLeft;

        /// <summary>The epoch before the two tiles that are tried.</summary>
        public uint Epoch { get; private set; }

        /// <summary>Comes to the tiles of the next round.</summary>
        /// <param name="start">The epoch with which the slot's call began.</param>
        /// <param name="mostTurns">Tiles of a call, at most.</param>
        public void Next(uint start, int mostTurns)
        {
            if (_roundsLeft == 0 || _start != start)
            {
                this = new Sweep { _start = start, Epoch = start, _roundsLeft = 1 };
                return;
            }

            if (--_roundsLeft > 0)
            {
                return;
            }

            Epoch = EpochAfter(EpochAfter(Epoch));
            _turns += 2;
            if (_turns >= mostTurns)
            {
                Epoch = start;
                _turns = 0;
                _sweeps++;
            }

            _roundsLeft = 1 << int.Min(_sweeps, LongestDwell);
        }
    }
}
