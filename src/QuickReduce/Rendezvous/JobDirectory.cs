using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using QuickReduce.Rendezvous.Linux;

namespace QuickReduce.Rendezvous;

/// <summary>
/// A directory of the user's own, in which jobs of this host leave their cards. A card names the socket of a job and the
/// key to it; it is put in place as a whole and taken away when the ranks have met.
/// </summary>
internal sealed class JobDirectory
{
    private const string Extension = ".job";
    private const string SocketExtension = ".socket";
    private const string Heading = "quickreduce 1";
    private const int Backlog = 512;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // A socket is born a moment before its card.
    private static readonly TimeSpan YoungestToSweep = TimeSpan.FromSeconds(10);

    private readonly string _path;

    private JobDirectory(string path) => _path = path;

    /// <summary>Opens the directory, and creates it where it is not there.</summary>
    /// <exception cref="RendezvousException">It is another user's, or others can get in.</exception>
    public static JobDirectory Open(string? given, int rank)
    {
        var user = LibC.EffectiveUser;
        var path = Path.GetFullPath(given ?? (Environment.GetEnvironmentVariable("QUICKREDUCE_RUNTIME_DIR") is { Length: > 0 } set ? set : "/tmp/quickreduce-" + user));
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path, Private);
                if (LibC.OwnerOf(path) == user && File.GetUnixFileMode(path) == Private)
                {
                    return new JobDirectory(path);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(exception.Message, exception);
        }

        throw Unusable("it is not a directory that only this user can enter", null);

        RendezvousException Unusable(string why, Exception? inner) => new(
            RendezvousProblem.Address,
            "Rank " + rank + " cannot meet the others in " + path + ": " + why + ". Set QUICKREDUCE_RUNTIME_DIR to a directory with mode 0700 that all ranks of the job see (JoinOptions.RuntimeDirectory).",
            inner: inner);
    }

    /// <summary>Opens a socket for a job and puts its card in place.</summary>
    /// <param name="name">The job's name.</param>
    /// <param name="key">The key to tell on the card.</param>
    /// <param name="isSecret">Whether the key must not stand on the card, since ranks have it already.</param>
    /// <exception cref="RendezvousException">Another job of that name is open.</exception>
    public JobListener Listen(string name, byte[] key, bool isSecret)
    {
        Sweep();
        var card = Path.Combine(_path, name + Extension);
        if (IsOpen(card))
        {
            throw new RendezvousException(
                RendezvousProblem.Address,
                "Rank 0 cannot open the job: another one is open under the same name, " + card + ". Give every job on a host its own MASTER_PORT, or QUICKREDUCE_JOB_ID.");
        }

        var place = Path.Combine(_path, Guid.NewGuid().ToString("N"));
        var path = place + SocketExtension;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(Backlog);
            var text = Heading + "\n" + path + "\n" + (isSecret ? "-" : KeyText.Write(key)) + "\n";
            var draft = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                draft.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var writer = new FileStream(place, draft))
            {
                writer.Write(Encoding.UTF8.GetBytes(text));
            }

            File.Move(place, card, overwrite: true);
            return new JobListener(socket, key, () => RemoveCard(card, path, text));
        }
        catch (Exception exception) when (exception is IOException or SocketException or UnauthorizedAccessException)
        {
            socket.Dispose();
            File.Delete(place);
            File.Delete(path);
            throw new RendezvousException(RendezvousProblem.Address, "Rank 0 cannot open the job in " + _path + ": " + exception.Message, inner: exception);
        }
    }

    /// <summary>Reads the card of a job and connects to its socket.</summary>
    /// <param name="name">The job's name.</param>
    /// <param name="key">The key on the card; empty where it tells none.</param>
    /// <returns>The connection; null where the job is not open.</returns>
    public IConnection? TryConnect(string name, out byte[] key) => TryConnectToCard(Path.Combine(_path, name + Extension), out key);

    private static UnixConnection? TryConnectToCard(string card, out byte[] key)
    {
        key = [];
        try
        {
            if (!File.Exists(card)
                || Encoding.UTF8.GetString(File.ReadAllBytes(card)).Split('\n') is not [Heading, var path, var text, ""]
                || KeyText.Read(text == "-" ? string.Empty : text) is not { } told)
            {
                return null;
            }

            key = told;
            return UnixConnection.TryConnect(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsOpen(string card)
    {
        using var connection = TryConnectToCard(card, out _);
        return connection is not null;
    }

    /// <summary>Removes what killed jobs have left behind: cards and sockets that nobody listens to.</summary>
    private void Sweep()
    {
        foreach (var card in Directory.EnumerateFiles(_path, "*" + Extension))
        {
            if (!IsOpen(card))
            {
                DeleteIfOld(card);
            }
        }

        var named = new HashSet<string>(Directory.EnumerateFiles(_path, "*" + Extension).SelectMany(ReadLines), StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(_path).Where(file => !file.EndsWith(Extension, StringComparison.Ordinal) && !named.Contains(file)))
        {
            DeleteIfOld(file);
        }
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static void DeleteIfOld(string path)
    {
        try
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > YoungestToSweep)
            {
                File.Delete(path);
            }
        }
        catch (IOException)
        {
            // Another job sweeps too.
        }
    }

    private static void RemoveCard(string card, string socket, string text)
    {
        // Unless it is the card of a later job by now.
        if (ReadLines(card) is { Length: > 0 } lines && string.Join('\n', lines) + "\n" == text)
        {
            File.Delete(card);
        }

        File.Delete(socket);
    }
}

/// <summary>A job of this host, by its card in a private directory.</summary>
internal sealed class UnixJobAddress(JobDirectory directory, string name, byte[]? secret) : JobAddress
{
    public override JobListener Listen() => directory.Listen(name, secret ?? RandomNumberGenerator.GetBytes(Handshake.HashBytes), isSecret: secret is not null);

    public override IConnection? TryConnect(out byte[] key, CancellationToken cancellationToken)
    {
        var connection = directory.TryConnect(name, out key);
        key = secret ?? key;
        return connection;
    }
}
