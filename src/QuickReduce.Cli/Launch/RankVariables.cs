using System.Collections;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace QuickReduce.Cli.Launch;

/// <summary>What the ranks of a job are told in their environment.</summary>
internal sealed class RankVariables
{
    private const string JobId = "QUICKREDUCE_JOB_ID";
    private const string Secret = "QUICKREDUCE_JOB_SECRET";
    private const string AnotherLauncher = "TORCHELASTIC_";

    // The launcher's own; --env can't set them.
    private static readonly string[] OfRank = ["RANK", "LOCAL_RANK", "QUICKREDUCE_RANK", "QUICKREDUCE_LOCAL_RANK"];
    private static readonly string[] OfJob = ["WORLD_SIZE", "LOCAL_WORLD_SIZE", "QUICKREDUCE_WORLD_SIZE", "QUICKREDUCE_LOCAL_WORLD_SIZE"];
    private static readonly string[] Others = [JobId, "MASTER_ADDR", "MASTER_PORT"];

    private readonly Dictionary<string, string> _common = new(StringComparer.Ordinal);
    private readonly string _id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Chooses what distinguishes the job from others, and makes its secret.</summary>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="masterPort">A port that the job may use; null for one that is free now.</param>
    /// <param name="added">Variables besides those of this process's environment.</param>
    public RankVariables(int worldSize, int? masterPort, IEnumerable<KeyValuePair<string, string>> added)
    {
        WorldSize = worldSize;
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            // torchrun's own would move the port and name another job.
            if (variable is { Key: string name, Value: string value } && !name.StartsWith(AnotherLauncher, StringComparison.Ordinal))
            {
                _common[name] = value;
            }
        }

        _common.TryAdd(Secret, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        foreach (var (name, value) in added)
        {
            _common[name] = value;
        }

        foreach (var name in OfJob)
        {
            _common[name] = Text(worldSize);
        }

        _common[JobId] = _id;
        _common["MASTER_ADDR"] = IPAddress.Loopback.ToString();
        _common["MASTER_PORT"] = Text(masterPort ?? FreePort());
    }

    /// <summary>Number of ranks.</summary>
    public int WorldSize { get; }

    /// <summary>A variable, as <c>NAME=value</c>, that the job's processes have and no others.</summary>
    public string Mark => JobId + "=" + _id;

    /// <summary>Whether the launcher alone sets a variable.</summary>
    public static bool IsOwn(string name) => OfRank.Contains(name) || OfJob.Contains(name) || Others.Contains(name);

    /// <summary>The whole environment of a rank.</summary>
    public IReadOnlyDictionary<string, string> Of(int rank)
    {
        var all = new Dictionary<string, string>(_common, StringComparer.Ordinal);
        foreach (var name in OfRank)
        {
            all[name] = Text(rank);
        }

        return all;
    }

    // For programs that meet there themselves; ranks on one host meet in a private directory and leave it alone.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
