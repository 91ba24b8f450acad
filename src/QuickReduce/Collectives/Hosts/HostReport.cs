using System.Runtime.InteropServices;
using QuickReduce.Collectives.Processes;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Hosts;

/// <summary>What a rank tells those of all hosts, every few milliseconds.</summary>
/// <param name="Verdict">Why the group cannot go on; null where it can.</param>
/// <param name="IsLeaving">Whether the rank makes no more calls.</param>
/// <param name="Calls">Calls that it has made.</param>
/// <param name="Chain">Hash of all of them, in order.</param>
/// <param name="Last">The last few of them, the latest last.</param>
internal sealed record HostReport(HostVerdict? Verdict, bool IsLeaving, long Calls, ulong Chain, HostCall[] Last)
{
    /// <summary>Most calls that a report tells in full.</summary>
    public const int MostCalls = 8;

    /// <summary>A report that another rank has sent.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static HostReport From(byte[] payload)
    {
        var reader = new PayloadReader(payload);
        var verdict = HostVerdict.Read(ref reader);
        var isLeaving = reader.Byte() != 0;
        var calls = (long)Number(ref reader);
        var chain = Number(ref reader);
        var last = MemoryMarshal.Cast<byte, HostCall>(reader.Bytes()).ToArray();
        reader.End();
        return new HostReport(verdict, isLeaving, calls, chain, last);
    }

    /// <summary>The bytes to send.</summary>
    public byte[] ToArray()
    {
        var writer = new PayloadWriter();
        HostVerdict.Write(Verdict, writer);
        return writer.Byte(IsLeaving ? (byte)1 : (byte)0)
            .UInt32((uint)Calls).UInt32((uint)((ulong)Calls >> 32)).UInt32((uint)Chain).UInt32((uint)(Chain >> 32))
            .Bytes(MemoryMarshal.AsBytes(Last.AsSpan())).ToArray();
    }

    /// <summary>What all can see in the reports of all ranks.</summary>
    /// <returns>Why the group cannot go on; null where it can.</returns>
    public static HostVerdict? Judge(IReadOnlyList<HostReport> reports) => FindFailure(reports) ?? FindMismatch(reports) ?? FindLeaver(reports);

    private static HostVerdict? FindFailure(IReadOnlyList<HostReport> reports) => reports.Select(static report => report.Verdict).FirstOrDefault(static verdict => verdict is not null);

    /// <summary>The first call in which ranks differ, of those that they tell in full.</summary>
    private static HostVerdict? FindMismatch(IReadOnlyList<HostReport> reports)
    {
        var calls = reports.SelectMany(static (report, rank) => report.Last.Select(call => (Rank: rank, Call: call))).GroupBy(static told => told.Call.CallNumber).OrderBy(static told => told.Key);
        foreach (var told in calls)
        {
            var first = told.First().Call;
            if (!told.All(one => one.Call.AsksTheSame(first)))
            {
                return new HostVerdict(FaultKind.Mismatch, [], string.Join("; ", told
                    .GroupBy(static one => one.Call.Describe())
                    .Select(static same => RankMeeting.Names([.. same.Select(static one => one.Rank)]) + ": " + same.Key)));
            }
        }

        return null;
    }

    private static HostVerdict? FindLeaver(IReadOnlyList<HostReport> reports)
    {
        var most = reports.Max(static report => report.Calls);
        int[] left = [.. Enumerable.Range(0, reports.Count).Where(rank => reports[rank].IsLeaving && reports[rank].Calls < most)];
        return left.Length == 0 ? null : new HostVerdict(FaultKind.Left, left, string.Empty);
    }

    private static ulong Number(ref PayloadReader reader) => reader.UInt32() | ((ulong)reader.UInt32() << 32);
}
