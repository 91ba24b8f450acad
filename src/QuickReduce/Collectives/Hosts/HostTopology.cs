using System.Security.Cryptography;
using System.Text;
using QuickReduce.Rendezvous.Mpi;

namespace QuickReduce.Collectives.Hosts;

/// <summary>Which processes of an MPI job are on which host, and where this one is among them.</summary>
/// <param name="Host">This host's number, in the order of the hosts' first processes.</param>
/// <param name="HostCount">Number of hosts.</param>
/// <param name="LocalRank">This process's number among those of its host.</param>
/// <param name="LocalCount">Processes of each host.</param>
/// <param name="FirstRanks">Number, in the whole job, of every host's first process.</param>
/// <param name="JobId">What this host's processes have in common, and no others.</param>
internal sealed record HostTopology(int Host, int HostCount, int LocalRank, int LocalCount, int[] FirstRanks, string JobId)
{
    private const int NonceBytes = 16;
    private const int RecordBytes = SHA256.HashSizeInBytes + NonceBytes;

    /// <summary>Asks all processes where they are. All make this call.</summary>
    /// <param name="mpi">MPI.</param>
    /// <param name="hostName">What processes of one host have in common.</param>
    /// <exception cref="MpiException">Hosts have different numbers of processes.</exception>
    public static unsafe HostTopology Find(MpiLibrary mpi, string hostName)
    {
        var size = mpi.SizeOf(mpi.World);
        var own = new byte[RecordBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(hostName)).CopyTo(own, 0);
        RandomNumberGenerator.Fill(own.AsSpan(SHA256.HashSizeInBytes));
        var all = new byte[size * RecordBytes];
        fixed (byte* sent = own)
        fixed (byte* received = all)
        {
            mpi.Allgather(mpi.World, sent, received, RecordBytes);
        }

        var hosts = Enumerable.Range(0, size).GroupBy(rank => Convert.ToHexString(all, rank * RecordBytes, SHA256.HashSizeInBytes)).Select(static host => host.ToArray()).ToArray();
        if (hosts.Any(host => host.Length != hosts[0].Length))
        {
            throw new MpiException("Ranks on several hosts need as many on each: there are " + string.Join(", ", hosts.Select(static (host, index) => host.Length + " on host " + index)) + ". Start as many on every host (mpirun --map-by ppr:N:node).");
        }

        var rank = mpi.RankIn(mpi.World);
        var index = Array.FindIndex(hosts, host => host.Contains(rank));
        return new HostTopology(
            index, hosts.Length, Array.IndexOf(hosts[index], rank), hosts[0].Length, [.. hosts.Select(static host => host[0])],
            Convert.ToHexStringLower(all, hosts[index][0] * RecordBytes + SHA256.HashSizeInBytes, NonceBytes));
    }
}
