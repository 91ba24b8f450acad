namespace QuickReduce.InstructionStreams;

/// <summary>What has to come before what, on every path, for another GPU to see data before the flag that vouches for it.</summary>
internal static class OrderRules
{
    private const int FlagBytes = 4;

    /// <summary>How far a wave is on the way from its stores to a flag that vouches for those of all waves.</summary>
    private enum Release
    {
        /// <summary>Stores are under way.</summary>
        Stored,

        /// <summary>They have been performed, as far as this GPU sees them.</summary>
        Waited,

        /// <summary>So have those of all other waves.</summary>
        Met,

        /// <summary>The caches are being written back.</summary>
        WrittenBack,

        /// <summary>They have been: a flag may be stored.</summary>
        Released,
    }

    /// <summary>A wave arrives at a barrier only when its stores have been performed.</summary>
    public static StreamRule WavesWaitForTheirStores { get; } = new("every wave waits for its stores before a barrier", static (kernel, _) =>
        from place in Releases(kernel)
        where place.Instruction.IsBarrier && place.Before == Release.Stored
        select place.Instruction.ToString());

    /// <summary>Stores, wait, barrier, write-back, wait, flag.</summary>
    public static StreamRule FlagsFollowTheData { get; } = new("a flag does not overtake the data", static (kernel, _) =>
        from place in Releases(kernel)
        where IsFlagStore(place.Instruction) && place.Before != Release.Released
        select $"{place.Instruction}: on some path {place.Before switch
        {
            Release.Stored => "stores are under way",
            Release.Waited => "other waves have not been waited for",
            Release.Met => "caches have not been written back",
            _ => "the write-back has not been waited for",
        }}");

    /// <summary>Nothing comes between a write-back and its flag that could make the flag late or lost.</summary>
    public static StreamRule WriteBacksLeadToFlags { get; } = new("a write-back is followed by a flag at system scope", static (kernel, _) =>
        from place in kernel.Flow.Follow(
            false,
            static (owed, i) => !IsFlagStore(i) && (owed || i.Mnemonic == "buffer_wbl2"),
            static (a, b) => a || b)
        where place.Before && (place.Instruction.IsBarrier || place.Instruction.IsEnd || place.Instruction.Mnemonic == "buffer_wbl2")
        select $"{place.Instruction}: no flag since the write-back");

    /// <summary>
    /// What goes to another rank passes the caches by itself, or a flag vouches for it before the kernel ends. Where stores and
    /// flags have conditions of their own, as in the turns of a pipeline, those of the flags have to follow from those of the stores.
    /// </summary>
    public static StreamRule PeersSeeWhatIsStored { get; } = new("stores to other ranks are released", static (kernel, handshake) =>
    {
        // What else is loaded at system scope are packets: no addresses.
        var others = handshake == Handshake.Announcements ? Origin.Peer | Origin.Announced : Origin.Peer;
        var peers = kernel.Accesses
            .Where(access => access.Instruction.IsStore && !access.Instruction.IsSystemScope && (access.Address.Origin & others) != 0)
            .Select(static access => access.Instruction.Address)
            .ToHashSet();
        return from place in kernel.Flow.Follow(
                   new Owed(ScalarFacts.None, null, null),
                   (owed, i) => owed.After(i, peers.Contains(i.Address)),
                   Owed.Join,
                   skipsMaskedCode: false,
                   static (owed, code, jumps) => owed.Behind(code, jumps))
               where place.Instruction.IsEnd && place.Before.Store is not null
               select $"{place.Before.Store}: no flag follows it";
    });

    /// <summary>Polls read past the caches, do not invalidate them at every turn, and leave the other waves room.</summary>
    public static StreamRule PollsAreRelaxed { get; } = new("polls are relaxed loads at system scope", static (kernel, handshake) =>
    {
        var polls = Polls(kernel).ToArray();
        var flags = polls.Where(poll => poll.Any(IsFlagLoad)).ToArray();
        return polls.SelectMany(static poll => poll)
            .Where(i => i.Mnemonic == "buffer_inv" || i.IsLoad && !i.IsSystemScope)
            .Select(static i => i.ToString())
            .Concat(polls.Where(static poll => !poll.Any(static i => i.WaitsForMemory || i.Mnemonic == "s_waitcnt")).Select(static poll => $"{poll[0]}: the poll does not wait for what it loads"))
            .Concat(flags.Where(static poll => !poll.Any(static i => i.Mnemonic == "s_sleep")).Select(static poll => $"{poll[0]}: the poll does not sleep"))
            .Concat(handshake != Handshake.None && polls.Length == 0 ? ["nothing is awaited"] : [])
            .Concat(handshake is Handshake.Flags or Handshake.Announcements && flags.Length == 0 ? ["no flag is awaited"] : []);
    });

    /// <summary>Once the awaited word is there, caches are invalidated before anything that it vouches for is read.</summary>
    public static StreamRule AcquiredBeforeRead { get; } = new("what a flag vouches for is read after an acquire", static (kernel, handshake) =>
    {
        var covered = Covered(kernel, handshake);
        return from place in kernel.Flow.Follow(
                   false,
                   (stale, i) => !i.IsSystemInvalidate && (stale || IsFlagLoad(i) || handshake == Handshake.Announcements && i.IsLoad && i.IsSystemScope),
                   static (a, b) => a || b)
               where place.Before && (covered.Contains(place.Instruction.Address) || handshake != Handshake.Packets && place.Instruction.IsBarrier)
               select $"{place.Instruction}: no acquire since the poll";
    });

    /// <summary>Only some lanes poll: the others read nothing before they have met those.</summary>
    public static StreamRule MeetBeforeRead { get; } = new("all waves meet between a flag and what it vouches for", static (kernel, handshake) =>
    {
        var covered = handshake == Handshake.Flags ? Covered(kernel, handshake) : [];
        return from place in kernel.Flow.Follow(
                   false,
                   static (met, i) => !IsFlagStore(i) && !IsFlagLoad(i) && (met || i.IsBarrier),
                   static (a, b) => a && b)
               where !place.Before && covered.Contains(place.Instruction.Address)
               select $"{place.Instruction}: no barrier since the flag";
    });

    /// <summary>The loops that do nothing but wait for a word of another rank.</summary>
    public static IEnumerable<Instruction[]> Polls(KernelCode kernel) =>
        from loop in kernel.Flow.Loops
        let instructions = loop.Blocks.Order().SelectMany(kernel.Flow.InstructionsOf).ToArray()
        where instructions.Any(static i => i.IsLoad && (i.IsSystemScope || i.Bytes == FlagBytes)) && !instructions.Any(static i => i.IsStore || i.IsBarrier || i.IsStreaming)
              && instructions.All(static i => !i.IsLoad || i.Bytes is FlagBytes or 8 or 16)
              && !kernel.Flow.Loops.Any(inner => inner != loop && inner.Blocks.IsProperSubsetOf(loop.Blocks))
        select instructions;

    private static IEnumerable<(Release Before, Instruction Instruction)> Releases(KernelCode kernel) =>
        kernel.Flow.Follow(Release.Waited, After, static (a, b) => a < b ? a : b);

    private static Release After(Release release, Instruction instruction) => instruction switch
    {
        { IsStore: true, IsSystemScope: false } => Release.Stored,
        { WaitsForMemory: true } when release is Release.Stored or Release.WrittenBack => release + 1,
        { IsBarrier: true } when release != Release.Stored => Release.Met,
        { IsSystemWriteBack: true } when release >= Release.Met => Release.WrittenBack,
        _ => release,
    };

    /// <summary>Loads of what other ranks wrote and vouch for.</summary>
    private static HashSet<long> Covered(KernelCode kernel, Handshake handshake) =>
    [
        .. from access in kernel.Accesses
           where access.Instruction.IsLoad && !access.Instruction.IsSystemScope
                 && (handshake == Handshake.Announcements ? access.Address.Origin.HasFlag(Origin.Announced)
                     : access.Address.Origin.HasFlag(Origin.Workspace) && access.Instruction.IsStreaming)
           select access.Instruction.Address,
    ];

    private static bool IsFlagStore(Instruction instruction) => instruction.IsStore && instruction.IsSystemScope && instruction.Bytes == FlagBytes;

    private static bool IsFlagLoad(Instruction instruction) => instruction.IsLoad && instruction.IsSystemScope && instruction.Bytes == FlagBytes;

    /// <summary>Whether a flag is owed, apart for the paths on which it is and on which it is not, with what is known on each.</summary>
    /// <param name="Free">What is known where none is; null if there is no such path.</param>
    /// <param name="Bound">What is known where one is; null if there is no such path.</param>
    /// <param name="Store">The store that a flag is owed for.</param>
    private sealed record Owed(ScalarFacts? Free, ScalarFacts? Bound, Instruction? Store)
    {
        public static Owed Join(Owed a, Owed b) => new(Join(a.Free, b.Free), Join(a.Bound, b.Bound), a.Store ?? b.Store);

        public Owed After(Instruction instruction, bool isForPeers)
        {
            var (free, bound) = (Free?.After(instruction), Bound?.After(instruction));
            return isForPeers ? new(null, Join(free, bound), instruction)
                : IsFlagStore(instruction) ? new(Join(free, bound), null, null)
                : new(free, bound, Store);
        }

        public Owed Behind(IReadOnlyList<Instruction> code, bool jumps)
        {
            var bound = Bound?.Behind(code, jumps);
            return new(Free?.Behind(code, jumps), bound, bound is null ? null : Store);
        }

        private static ScalarFacts? Join(ScalarFacts? a, ScalarFacts? b) => a is null ? b : b is null ? a : ScalarFacts.Join(a, b);
    }
}
