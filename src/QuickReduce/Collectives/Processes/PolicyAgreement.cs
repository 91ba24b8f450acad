using System.Security.Cryptography;
using System.Text;
using QuickReduce.Policy;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Processes;

/// <summary>
/// Ranks that would choose differently must not start: they would send what their peers don't expect.
/// </summary>
internal static class PolicyAgreement
{
    // Of a policy in words, for messages; its hash is what counts.
    private const int MaxText = 4096;

    /// <summary>Compares what the ranks would choose. All hear it of all, so that every rank names the same ones.</summary>
    /// <param name="meeting">The meeting of all ranks, who all come here.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="policy">What it would choose.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RendezvousException">Ranks would choose differently, or the meeting has failed.</exception>
    public static void Require(RankMeeting meeting, int rank, PolicyTable policy, CancellationToken cancellationToken)
    {
        var own = Encoding.UTF8.GetBytes(policy.Describe());
        byte[] offer = [.. SHA256.HashData(own), .. own.AsSpan(0, int.Min(own.Length, MaxText))];
        var policies = meeting.Exchange(offer, cancellationToken);
        if (Array.TrueForAll(policies, one => one.AsSpan().SequenceEqual(policies[0])))
        {
            return;
        }

        int[] others = [.. Enumerable.Range(0, policies.Length).Where(other => !policies[other].AsSpan().SequenceEqual(policies[0]))];
        var (first, second) = FirstDifference(policies[0], policies[others[0]]);
        throw new RendezvousException(
            RendezvousProblem.Mismatch,
            "Rank " + rank + " cannot join: the policies of " + (others.Length == 1 ? "rank " : "ranks ") + string.Join(", ", others) + " and of rank 0 choose differently: rank 0 has '"
                + first + "', and rank " + others[0] + " '" + second + "'. Give all ranks the same GroupOptions, environment variables and tuning profile.",
            others);
    }

    private static (string First, string Second) FirstDifference(byte[] left, byte[] right)
    {
        var lines = Lines(left).Zip(Lines(right)).FirstOrDefault(static pair => pair.First != pair.Second);
        return lines == default ? ("…", "…") : lines;
    }

    private static IEnumerable<string> Lines(byte[] policy) =>
        Encoding.UTF8.GetString(policy.AsSpan(int.Min(policy.Length, SHA256.HashSizeInBytes))).Split('\n').Append("nothing more");
}
