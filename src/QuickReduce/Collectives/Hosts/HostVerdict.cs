using System.Globalization;
using QuickReduce.Collectives.Processes;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Hosts;

/// <summary>Why a group over several hosts cannot go on. Immutable.</summary>
/// <param name="Kind">What has happened.</param>
/// <param name="Ranks">The ranks that it happened to, numbered in the whole job; at least one, except for a mismatch and where work took too long.</param>
/// <param name="Text">What there is to say of it.</param>
internal sealed record HostVerdict(FaultKind Kind, IReadOnlyList<int> Ranks, string Text)
{
    private const int MaxText = 2048;
    private const int MaxRanks = 64;

    /// <summary>What a meeting's end says.</summary>
    public static HostVerdict Of(RendezvousException exception) => exception.Problem == RendezvousProblem.TimedOut && exception.Ranks.Count > 0
        ? new HostVerdict(FaultKind.TimedOut, exception.Ranks, "give a sign of life")
        : new HostVerdict(FaultKind.Died, exception.Ranks is { Count: > 0 } ranks ? ranks : [0], string.Empty);

    /// <summary>What the group of one host is over for.</summary>
    /// <param name="fault">Its fault.</param>
    /// <param name="text">What there is to say of it.</param>
    /// <param name="numbers">The numbers that its ranks have in the whole job.</param>
    public static HostVerdict Of(GroupFault fault, string text, IReadOnlyList<int> numbers)
    {
        int[] ranks = [.. fault.RankList.Select(rank => numbers[rank])];
        return fault.Kind switch
        {
            FaultKind.Died or FaultKind.Left => new HostVerdict(fault.Kind, ranks, string.Empty),
            FaultKind.TimedOut => new HostVerdict(fault.Kind, ranks, ranks.Length == 0 ? text : "come to " + text),
            FaultKind.Aborted => new HostVerdict(fault.Kind, [numbers[fault.Reporter]], text),
            FaultKind.Mismatch => new HostVerdict(fault.Kind, [], text),
            _ => new HostVerdict(FaultKind.Failed, [numbers[fault.Reporter]], text),
        };
    }

    /// <summary>The verdict that another rank has sent; null where it has none.</summary>
    public static HostVerdict? Read(ref PayloadReader reader)
    {
        var kind = (FaultKind)reader.Byte();
        var count = reader.UInt32();
        var namesNone = count == 0 && kind is not (FaultKind.None or FaultKind.Mismatch or FaultKind.TimedOut);
        if (kind > FaultKind.OnOtherHosts || count > MaxRanks || namesNone)
        {
            throw new InvalidDataException("A report of another rank makes no sense.");
        }

        var ranks = new int[count];
        for (var i = 0; i < ranks.Length; i++)
        {
            ranks[i] = (int)reader.UInt32();
        }

        var text = reader.Text();
        return kind == FaultKind.None ? null : new HostVerdict(kind, ranks, text);
    }

    /// <summary>Writes a verdict, or that there is none.</summary>
    public static void Write(HostVerdict? verdict, PayloadWriter writer)
    {
        int[] ranks = verdict is null ? [] : [.. verdict.Ranks.Take(MaxRanks)];
        writer.Byte((byte)(verdict?.Kind ?? FaultKind.None)).UInt32((uint)ranks.Length);
        foreach (var rank in ranks)
        {
            writer.UInt32((uint)rank);
        }

        var text = verdict?.Text ?? string.Empty;
        writer.Text(text.Length <= MaxText ? text : text[..MaxText]);
    }

    /// <summary>The exception that a rank gets.</summary>
    /// <param name="addressee">The rank.</param>
    /// <param name="limit">The time limit of waits.</param>
    public QuickReduceException ToException(int addressee, TimeSpan limit)
    {
        const string Rebuild = " This group is over on all hosts; dispose the communicator, and join again to form another.";
        var start = "Rank " + addressee.ToString(CultureInfo.InvariantCulture) + " cannot all-reduce: ";
        var names = Ranks.Count == 0 ? "a rank" : RankMeeting.Names([.. Ranks]);
        return Kind switch
        {
            FaultKind.Died => new RankFailedException(Ranks[0], start + "the process of " + names + " has ended, or its host cannot be reached." + Rebuild, inner: null),
            FaultKind.Left => new RankFailedException(Ranks[0], start + names + " has left the group. Every rank must make the same calls in the same order." + Rebuild, inner: null),
            FaultKind.TimedOut when Ranks.Count == 0 => new RankTimeoutException([], start + Text + "." + Rebuild),
            FaultKind.TimedOut => new RankTimeoutException(
                Ranks,
                start + names + " did not " + Text + " within " + limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)
                    + " s. Every rank must make the same calls in the same order; set GpuGroupOptions.Timeout where ranks need longer." + Rebuild),
            FaultKind.Mismatch => new RankMismatchException(
                start + "the ranks asked for different all-reduces (" + Text + "). All must pass the same element type, regime, group size, scale format and length, and make their calls in the same order." + Rebuild),
            FaultKind.Aborted => new GroupAbortedException(Ranks[0], start + names + " has aborted the group: " + Text.TrimEnd('.') + "." + Rebuild),
            _ => new RankFailedException(Ranks[0], start + names + " failed: " + Text + Rebuild, inner: null),
        };
    }
}
