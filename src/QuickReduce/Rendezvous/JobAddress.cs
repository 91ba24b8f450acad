using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Rendezvous;

/// <summary>
/// Where the ranks of a job meet, and the secret by which they know each other: a socket in a private directory, or a
/// port of rank 0's host.
/// </summary>
internal abstract class JobAddress
{
    /// <summary>Opens the place for ranks to come; for rank 0.</summary>
    /// <exception cref="RendezvousException">It cannot be opened.</exception>
    public abstract JobListener Listen();

    /// <summary>Connects to the place once; for other ranks.</summary>
    /// <param name="secret">The job's secret.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The connection; null where the place is not open (yet).</returns>
    public abstract IConnection? TryConnect(out byte[] secret, CancellationToken cancellationToken);

    /// <summary>The address of a rank's job.</summary>
    /// <exception cref="RendezvousException">There is no secret where one is needed.</exception>
    public static JobAddress Of(RankEnvironment environment, JoinOptions options)
    {
        var secret = options.Secret ?? Environment.GetEnvironmentVariable("QUICKREDUCE_JOB_SECRET");
        var key = string.IsNullOrEmpty(secret) ? null : SHA256.HashData(Encoding.UTF8.GetBytes("quickreduce secret " + secret));
        var transport = options.Transport != RendezvousTransport.Auto ? options.Transport
            : environment.LocalWorldSize == environment.WorldSize || IsLoopback(environment.MasterAddress) ? RendezvousTransport.UnixSocket
            : RendezvousTransport.Tcp;
        if (transport == RendezvousTransport.UnixSocket)
        {
            var masterPort = environment.MasterPort?.ToString(CultureInfo.InvariantCulture);
            var identity = environment.JobId + "\n" + environment.MasterAddress + "\n" + masterPort + "\n" + options.GroupName;
            var name = KeyText.Write(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16));
            return new UnixJobAddress(JobDirectory.Open(options.RuntimeDirectory, environment.Rank), name, key);
        }

        if (key is null)
        {
            throw new RendezvousException(
                RendezvousProblem.NoSecret,
                "Rank " + environment.Rank + " cannot join over TCP without a secret, since anyone could come. Set QUICKREDUCE_JOB_SECRET to the same random text for all ranks of the job (JoinOptions.Secret).");
        }

        return environment is { MasterAddress: { } address, MasterPort: { } port }
            ? new TcpJobAddress(address, port, key)
            : throw new RendezvousException(RendezvousProblem.Address, "Rank " + environment.Rank + " cannot join over TCP: set MASTER_ADDR and MASTER_PORT, or their counterparts in RankEnvironment.");
    }

    private static bool IsLoopback(string? address) =>
        address is null or "localhost" || (IPAddress.TryParse(address, out var parsed) && IPAddress.IsLoopback(parsed));
}

/// <summary>An open meeting place.</summary>
internal sealed class JobListener(Socket socket, byte[] secret, Action close) : IDisposable
{
    private int _closed;

    /// <summary>Accepts connections.</summary>
    public Socket Socket => socket;

    /// <summary>The job's secret.</summary>
    public byte[] Secret => secret;

    /// <summary>Closes the place; what stood for it in the file system goes with it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            socket.Dispose();
            close();
        }
    }
}
