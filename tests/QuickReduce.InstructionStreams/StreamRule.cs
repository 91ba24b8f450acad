namespace QuickReduce.InstructionStreams;

/// <summary>How the ranks of a kernel tell each other that data has arrived.</summary>
public enum Handshake
{
    /// <summary>No other rank's memory is touched.</summary>
    None,

    /// <summary>Flags behind the data: two-shot.</summary>
    Flags,

    /// <summary>A flag with every word: one-shot.</summary>
    Packets,

    /// <summary>Packets before the data, flags behind it: direct.</summary>
    Announcements,
}

/// <summary>A property that a kernel's instructions have to have on every path.</summary>
/// <param name="Name">What is promised, in a few words.</param>
/// <param name="Check">Gives a message for each instruction that breaks it.</param>
public sealed record StreamRule(string Name, Func<KernelCode, Handshake, IEnumerable<string>> Check)
{
    /// <summary>All rules; every one holds for every kernel.</summary>
    public static IReadOnlyList<StreamRule> All { get; } =
    [
        MachineRules.Instructions, MachineRules.Mode, MachineRules.NoScratch, AccessRules.Coalesced, AccessRules.WholeAtoms, AccessRules.Streaming,
        OrderRules.WavesWaitForTheirStores, OrderRules.FlagsFollowTheData, OrderRules.WriteBacksLeadToFlags,
        OrderRules.PeersSeeWhatIsStored, OrderRules.PollsAreRelaxed, OrderRules.AcquiredBeforeRead, OrderRules.MeetBeforeRead,
    ];

    /// <summary>What is wrong with a kernel, rule by rule; nothing if all is well.</summary>
    public static IReadOnlyList<string> Violations(KernelCode kernel, Handshake handshake) =>
        [.. All.SelectMany(rule => rule.Check(kernel, handshake).Select(message => $"{kernel.Name}: {rule.Name}: {message}"))];
}
