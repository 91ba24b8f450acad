using System.Numerics;

namespace QuickReduce.Rendezvous;

/// <summary>Payloads that name ranks and failures.</summary>
internal static class FailureFrame
{
    private const int MaxText = 2048;

    /// <summary>The payload for a list of ranks.</summary>
    public static byte[] Ranks(IReadOnlyList<int> ranks) => new PayloadWriter().UInt32(Mask(ranks)).ToArray();

    /// <summary>The ranks in a payload.</summary>
    public static IReadOnlyList<int> ReadRanks(byte[] payload)
    {
        var reader = new PayloadReader(payload);
        var ranks = ListOf(reader.UInt32());
        reader.End();
        return ranks;
    }

    /// <summary>The payload for a failure.</summary>
    public static byte[] Write(RendezvousException failure) => new PayloadWriter().Byte((byte)failure.Problem).UInt32(Mask(failure.Ranks))
        .Text(failure.Message.Length <= MaxText ? failure.Message : failure.Message[..MaxText]).ToArray();

    /// <summary>The failure in a payload.</summary>
    public static RendezvousException Read(byte[] payload)
    {
        var reader = new PayloadReader(payload);
        var problem = (RendezvousProblem)reader.Byte();
        var ranks = ListOf(reader.UInt32());
        return new RendezvousException(Enum.IsDefined(problem) ? problem : RendezvousProblem.RankLost, reader.Text(), ranks);
    }

    private static uint Mask(IReadOnlyList<int> ranks) => ranks.Aggregate(0U, static (mask, rank) => mask | (1U << rank));

    // A loop: every rank that waits comes here, and LINQ over numbers would have to be compiled first.
    private static int[] ListOf(uint mask)
    {
        const int MaxRanks = KernelGeometry.MaxWorldSize;
        var ranks = new int[BitOperations.PopCount(mask & ((1U << MaxRanks) - 1))];
        for (int rank = 0, count = 0; rank < MaxRanks; rank++)
        {
            if (((mask >> rank) & 1) != 0)
            {
                ranks[count++] = rank;
            }
        }

        return ranks;
    }
}
