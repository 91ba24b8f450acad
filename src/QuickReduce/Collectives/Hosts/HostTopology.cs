using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Collectives.Hosts;

/// <summary>Which processes of a job are on which host, and where this one is among them.</summary>
/// <param name="Host">This host's number, in the order of the hosts' first processes.</param>
/// <param name="LocalRank">This process's number among those of its host.</param>
/// <param name="Ranks">Numbers, in the whole job, of every host's processes.</param>
/// <param name="JobId">What this host's processes have in common, and no others.</param>
internal sealed record HostTopology(int Host, int LocalRank, int[][] Ranks, string JobId)
{
    /// <summary>Bytes of what a process says of where it is.</summary>
    public const int RecordBytes = SHA256.HashSizeInBytes + NonceBytes;

    private const int NonceBytes = 16;

    /// <summary>Number of hosts.</summary>
    public int HostCount => Ranks.Length;

    /// <summary>Processes of each host.</summary>
    public int LocalCount => Ranks[0].Length;

    /// <summary>What a process says of where it is.</summary>
    /// <param name="hostName">What processes of one host have in common.</param>
    public static byte[] Record(string hostName)
    {
        var record = new byte[RecordBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(hostName)).CopyTo(record, 0);
        RandomNumberGenerator.Fill(record.AsSpan(SHA256.HashSizeInBytes));
        return record;
    }

    /// <summary>Works out where all processes are.</summary>
    /// <param name="records">What every process has said, in the order of their numbers.</param>
    /// <param name="rank">This process's number.</param>
    /// <param name="problem">What keeps them from forming a group; null where nothing does.</param>
    public static HostTopology From(IReadOnlyList<byte[]> records, int rank, out string? problem)
    {
        var hosts = Enumerable.Range(0, records.Count).GroupBy(number => Convert.ToHexString(records[number], 0, SHA256.HashSizeInBytes)).Select(static host => host.ToArray()).ToArray();
        problem = hosts.All(host => host.Length == hosts[0].Length)
            ? null
            : "Ranks on several hosts need as many on each: there are " + string.Join(", ", hosts.Select(static (host, index) => host.Length + " on host " + index)) + ". Start as many on every host (mpirun --map-by ppr:N:node, torchrun --nproc-per-node N).";
        var index = Array.FindIndex(hosts, host => host.Contains(rank));
        return new HostTopology(
            index, Array.IndexOf(hosts[index], rank), hosts,
            Convert.ToHexStringLower(records[hosts[index][0]], SHA256.HashSizeInBytes, NonceBytes));
    }
}
