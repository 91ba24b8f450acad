using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using QuickReduce.Collectives.Gpu;
using QuickReduce.Collectives.Processes;
using QuickReduce.Devices.Gpu.Nccl;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Hosts;

/// <summary>
/// Forms a group over the GPUs of several hosts: all ranks meet, see who is on which host, form a group within each, and
/// connect with those of the same number on the other hosts.
/// </summary>
internal sealed class MultiHostGpuFormation
{
    // Reports of all ranks go round in one frame.
    private const int MostRanks = 64;

    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(20);

    private readonly KernelSet _kernels;
    private readonly RankEnvironment _environment;
    private readonly MultiHostOptions _options;
    private readonly GpuDevice _device;
    private readonly RankMeeting _meeting;
    private readonly CancellationToken _limit;

    private MultiHostGpuFormation(KernelSet kernels, RankEnvironment environment, MultiHostOptions options, GpuDevice device, RankMeeting meeting, CancellationToken limit)
    {
        _kernels = kernels;
        _environment = environment;
        _options = options;
        _device = device;
        _meeting = meeting;
        _limit = limit;
    }

    /// <summary>Forms the group that this process's rank belongs to.</summary>
    /// <exception cref="RendezvousException">The ranks cannot form a group, or did not in time.</exception>
    /// <exception cref="QuickReduceException">As <see cref="MultiHostGpuCommunicator.JoinAsync"/> says.</exception>
    public static Task<MultiHostGpuCommunicator> JoinAsync(KernelSet kernels, RankEnvironment environment, MultiHostOptions options, GpuDevice device, CancellationToken cancellationToken)
    {
        return GroupFormation.FormAsync(kernels, environment, options.Local, Agreement(kernels, options, device), Form, cancellationToken, onSeveralHosts: true);

        async Task<FormedGroup<MultiHostGpuCommunicator>> Form(RankMeeting meeting, ILogger logger, CancellationToken limit) =>
            new(await new MultiHostGpuFormation(kernels, environment, options, device, meeting, limit).FormAsync().ConfigureAwait(false), device.Kind);
    }

    /// <summary>Says what cannot work, before anyone waits, and chooses this rank's device.</summary>
    public static GpuDevice Validate(KernelSet kernels, RankEnvironment environment, MultiHostOptions options)
    {
        GroupFormation.RequirePlatform(kernels, options.Local);
        options.Local.Gpu.Validate();
        if (options.StagingBytes is < MultiHostOptions.LeastStagingBytes or > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.StagingBytes, "MultiHostOptions.StagingBytes is a number of bytes from " + MultiHostOptions.LeastStagingBytes + " to " + int.MaxValue + ".");
        }

        if (environment.WorldSize > MostRanks)
        {
            throw new ArgumentOutOfRangeException(nameof(environment), environment.WorldSize, "A group over several hosts has at most " + MostRanks + " ranks.");
        }

        if (environment.LocalWorldSize < environment.WorldSize && environment.MasterAddress is null)
        {
            throw new RendezvousException(
                RendezvousProblem.Address,
                "Rank " + environment.Rank + " cannot join: its host has " + environment.LocalWorldSize + " of " + environment.WorldSize + " ranks, and nothing says where rank 0 is. Set MASTER_ADDR and MASTER_PORT on all hosts (mpirun -x MASTER_ADDR=… -x MASTER_PORT=…; torchrun does so itself).");
        }

        return GpuFormation.DeviceOf(environment, options.Local.Gpu);
    }

    private static byte[] Agreement(KernelSet kernels, MultiHostOptions options, GpuDevice device)
    {
        const int ProtocolVersion = 1;
        var text = new StringBuilder();
        text.Append("gpu hosts ").Append(ProtocolVersion).Append('\n').Append(device.Kind).Append('\n').Append(kernels.Name).Append('\n').Append(options.StagingBytes).Append('\n');
        foreach (var variant in kernels.Variants)
        {
            text.Append(variant.KernelName).Append('\n');
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private async Task<MultiHostGpuCommunicator> FormAsync()
    {
        var records = await _meeting.ExchangeAsync(HostTopology.Record(_options.HostName ?? RankRendezvous.ThisHost()), _limit).ConfigureAwait(false);
        var topology = HostTopology.From(records, _environment.Rank, out var problem);
        if (problem is not null)
        {
            throw new RendezvousException(RendezvousProblem.Mismatch, "The ranks cannot form a group: " + problem);
        }

        var library = default(NcclLibrary);
        var ids = await _meeting.TradeAsync(() => Introduce(topology, out library), _limit).ConfigureAwait(false);
        RequireOneVersion(ids);
        var local = default(GpuCommunicator);
        var exchange = default(NcclExchange);
        try
        {
            _ = await _meeting.TradeAsync(
                async () =>
                {
                    local = await JoinHostAsync(topology).ConfigureAwait(false);
                    return [];
                },
                _limit).ConfigureAwait(false);
            exchange = library is null ? null : await ConnectAsync(library, topology, ids[topology.Ranks[0][topology.LocalRank]][sizeof(int)..]).ConfigureAwait(false);
            return new MultiHostGpuCommunicator(_environment.Rank, topology, _device, local, exchange, _meeting, _options);
        }
        catch
        {
            local?.Dispose();
            throw;
        }
    }

    /// <summary>This rank's version of the library, and on the first host the id of a communicator.</summary>
    private byte[] Introduce(HostTopology topology, out NcclLibrary? library)
    {
        library = topology.HostCount == 1 ? null : NcclLibrary.Load(_device.Kind, _options.Library);
        return [.. BitConverter.GetBytes(library?.Version ?? 0), .. library is not null && topology.Host == 0 ? library.CreateId() : []];
    }

    private static void RequireOneVersion(byte[][] introductions)
    {
        var first = BitConverter.ToInt32(introductions[0]);
        if (Array.FindIndex(introductions, introduction => BitConverter.ToInt32(introduction) != first) is var other and >= 0)
        {
            throw new RendezvousException(
                RendezvousProblem.Mismatch,
                string.Create(CultureInfo.InvariantCulture, $"The ranks cannot form a group: rank {other} has version {BitConverter.ToInt32(introductions[other])} of NCCL or RCCL, and rank 0 version {first}. Give all hosts the same."),
                [other]);
        }
    }

    private Task<GpuCommunicator?> JoinHostAsync(HostTopology topology)
    {
        if (topology.LocalCount == 1)
        {
            return Task.FromResult<GpuCommunicator?>(null);
        }

        var environment = new RankEnvironment(topology.LocalRank, topology.LocalCount) { JobId = topology.JobId, LocalRank = _environment.LocalRank, Launcher = _environment.Launcher };
        var options = _options.Local.OnThisHost(_device);
        var place = topology.HostCount == 1 ? null : new GpuFormation.HostPlace(topology.Ranks[topology.Host], HostParts.MemoryBytes(_options.StagingBytes));
        return JoinAsync(GpuFormation.Validate(_kernels, environment, options));

        async Task<GpuCommunicator?> JoinAsync(GpuFormation.Candidate candidate) =>
            await GpuFormation.JoinAsync(candidate, environment, options, _limit, place).ConfigureAwait(false);
    }

    /// <summary>Connects with the other hosts on a thread of its own, which nothing can be done about while it waits, and hears meanwhile how the others fare.</summary>
    private async Task<NcclExchange> ConnectAsync(NcclLibrary library, HostTopology topology, byte[] id)
    {
        const byte Connecting = 0, Connected = 1, Failed = 2;
        var exchange = new NcclExchange(library, _device);
        var connecting = Task.Factory.StartNew(
            () => exchange.Connect(id, topology.Host, topology.HostCount), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        int[] behind = [];
        try
        {
            while (true)
            {
                var isOver = connecting.IsCompleted;
                var failure = connecting.Exception?.InnerException;
                var states = await _meeting.ExchangeAsync([!isOver ? Connecting : failure is null ? Connected : Failed, .. Encoding.UTF8.GetBytes(failure?.Message ?? string.Empty)], _limit).ConfigureAwait(false);
                if (failure is not null)
                {
                    throw failure;
                }

                if (Array.FindIndex(states, static state => state[0] == Failed) is var culprit and >= 0)
                {
                    throw new RendezvousException(RendezvousProblem.Device, "The ranks cannot form a group: rank " + culprit + " cannot take part: " + Encoding.UTF8.GetString(states[culprit][1..]), [culprit]);
                }

                behind = [.. Enumerable.Range(0, states.Length).Where(rank => states[rank][0] == Connecting)];
                if (behind.Length == 0)
                {
                    return exchange;
                }

                await Task.Delay(ConnectPause, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (RendezvousException exception)
        {
            // What waits on the device is ended. Should the library still wait, and come back after all, nobody is there to use it.
            exchange.Abort();
            _ = connecting.ContinueWith(_ => exchange.Abort(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw exception.Problem != RendezvousProblem.TimedOut || behind.Length == 0 ? exception : new RendezvousException(
                RendezvousProblem.TimedOut,
                "The ranks cannot form a group: " + RankMeeting.Names(behind) + " did not connect through " + library.Path + " within the time limit. Can the hosts reach each other (NCCL_SOCKET_IFNAME)? NCCL_DEBUG=INFO says more; JoinOptions.Timeout sets the limit.",
                behind,
                exception);
        }
    }
}
