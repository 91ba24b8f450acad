using System.Text;

namespace QuickReduce.Rendezvous;

/// <summary>How the ranks of a job find each other: rank 0 opens the job's address, the others come there.</summary>
internal static class RankRendezvous
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";

    /// <summary>Waits until all ranks of the job have met. Blocks.</summary>
    /// <param name="environment">Which rank this is.</param>
    /// <param name="options">How the ranks find each other; its timeout is the caller's part.</param>
    /// <param name="agreement">Hash of all that the ranks must have in common.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="cancellationToken">Ends the wait, as a time limit does.</param>
    /// <param name="host">What ranks must have in common to share memory; empty where they need not.</param>
    /// <exception cref="RendezvousException">They cannot form a group, or did not in time.</exception>
    public static RankMeeting Meet(
        RankEnvironment environment, JoinOptions options, byte[] agreement, IRendezvousObserver observer, CancellationToken cancellationToken, string? host = null)
    {
        var address = JobAddress.Of(environment, options);
        var own = new Introduction(environment.Rank, environment.WorldSize, agreement, host ?? ThisHost());
        return environment.Rank == 0
            ? RendezvousHost.OpenAsync(own, address, observer, cancellationToken).GetAwaiter().GetResult()
            : RendezvousGuest.Join(own, address, observer, cancellationToken);
    }

    /// <summary>What two processes have in common if they can share memory: the kernel that they run on.</summary>
    public static string ThisHost() => File.Exists(BootIdPath) ? Encoding.ASCII.GetString(File.ReadAllBytes(BootIdPath)).Trim() : Environment.MachineName;
}
