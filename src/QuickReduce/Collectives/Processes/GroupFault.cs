using System.Globalization;

namespace QuickReduce.Collectives.Processes;

/// <summary>Why a group of processes cannot go on.</summary>
internal enum FaultKind : byte
{
    /// <summary>It can.</summary>
    None = 0,

    /// <summary>Processes have ended without leaving.</summary>
    Died = 1,

    /// <summary>Ranks have left while others still all-reduce.</summary>
    Left = 2,

    /// <summary>Ranks did not come within the time limit.</summary>
    TimedOut = 3,

    /// <summary>A rank has called <see cref="Communicator.Abort"/>.</summary>
    Aborted = 4,

    /// <summary>A call failed on a rank in a way that its peers could not foresee.</summary>
    Failed = 5,

    /// <summary>Ranks have made different calls, of which some may run already.</summary>
    Mismatch = 6,

    /// <summary>Something has happened to ranks on other hosts, which whoever looks after these knows.</summary>
    OnOtherHosts = 7,
}

/// <summary>
/// The fault of a group as one word that all processes see, so that all report the one that was noticed first.
/// </summary>
/// <param name="Kind">What has happened.</param>
/// <param name="Reporter">The rank that noticed it.</param>
/// <param name="Ranks">Bit r: rank r is the one, or one of those, that it happened to.</param>
internal readonly record struct GroupFault(FaultKind Kind, int Reporter, uint Ranks)
{
    /// <summary>The word; 0 for no fault.</summary>
    public ulong ToWord() => (ulong)Kind | ((ulong)Reporter << 8) | ((ulong)Ranks << 16);

    /// <summary>The fault of a word.</summary>
    public static GroupFault FromWord(ulong word) => new((FaultKind)(byte)word, (byte)(word >> 8), (ushort)(word >> 16));

    /// <summary>The ranks that it happened to, in ascending order.</summary>
    public IReadOnlyList<int> RankList
    {
        get
        {
            var ranks = Ranks;
            return [.. Enumerable.Range(0, KernelGeometry.MaxWorldSize).Where(rank => ((ranks >> rank) & 1) != 0)];
        }
    }

    /// <summary>The exception that a rank gets.</summary>
    /// <param name="addressee">The rank.</param>
    /// <param name="text">What the reporter has to say: its request, a reason or an error.</param>
    /// <param name="limit">The time limit of waits.</param>
    /// <param name="limitOption">The option that sets it.</param>
    /// <param name="numbers">By which number callers know each rank.</param>
    public QuickReduceException ToException(int addressee, string text, TimeSpan limit, string limitOption, IReadOnlyList<int> numbers)
    {
        const string Rebuild = " This group is over; dispose the communicator, and join again to form another.";
        int[] ranks = [.. RankList.Select(rank => numbers[rank])];
        var reporter = numbers[Reporter];
        var names = (ranks.Length == 1 ? "rank " : "ranks ") + string.Join(", ", ranks);
        var start = "Rank " + numbers[addressee].ToString(CultureInfo.InvariantCulture) + " cannot all-reduce: ";
        return Kind switch
        {
            FaultKind.Died => new RankFailedException(ranks[0], start + "the process of " + names + " has ended." + Rebuild, inner: null),
            FaultKind.Left => new RankFailedException(ranks[0], start + names + " has left the group. Every rank must make the same calls in the same order." + Rebuild, inner: null),
            FaultKind.TimedOut when ranks.Length == 0 => new RankTimeoutException(ranks, start + text + "." + Rebuild),
            FaultKind.TimedOut => new RankTimeoutException(
                ranks,
                start + names + " did not come to " + text + " within " + limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)
                    + " s. Every rank must make the same calls in the same order; set " + limitOption + " where ranks need longer." + Rebuild),
            FaultKind.Mismatch => new RankMismatchException(
                start + "the ranks asked for different all-reduces (" + text + "). All must pass the same element type, regime, group size, scale format and length, and make their calls in the same order." + Rebuild),
            FaultKind.Aborted => new GroupAbortedException(reporter, start + "rank " + reporter + " has aborted the group: " + text.TrimEnd('.') + "." + Rebuild),
            FaultKind.OnOtherHosts => new RankFailedException(reporter, start + "ranks of other hosts cannot go on" + (text.Length > 0 ? ": " + text.TrimEnd('.') : string.Empty) + "." + Rebuild, inner: null),
            _ => new RankFailedException(reporter, start + "rank " + reporter + " failed: " + text + Rebuild, inner: null),
        };
    }
}
