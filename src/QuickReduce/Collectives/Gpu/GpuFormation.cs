using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using QuickReduce.Collectives.Processes;
using QuickReduce.Policy;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Forms a group of processes over device memory: the ranks meet, load their kernels, agree on how many blocks all can
/// have, and map each other's workspaces.
/// </summary>
internal static class GpuFormation
{
    /// <summary>Says what cannot work, before anyone waits, and chooses this rank's device.</summary>
    public static Candidate Validate(KernelSet kernels, RankEnvironment environment, JoinOptions options)
    {
        GroupFormation.RequirePlatform(kernels, options);
        options.Gpu.Validate();
        kernels.RequireWorldSize(environment.WorldSize);
        var usable = kernels.Without(AllReduceAlgorithm.Direct);
        if (options.Gpu.Algorithm == AllReduceAlgorithm.Direct || !usable.DeclaresWorldSize(environment.WorldSize))
        {
            throw new VariantNotDeclaredException(
                "Rank " + environment.Rank + " cannot join: " + (options.Gpu.Algorithm == AllReduceAlgorithm.Direct ? "GpuGroupOptions.Algorithm is Direct" : kernels.Name + " declares only direct kernels for " + environment.WorldSize + " ranks")
                    + ", and direct reads other ranks' buffers where they lie, which processes cannot. Declare two-shot as well, which gives the same bits in full precision, or use a GpuGroup within one process.");
        }

        return new Candidate(usable, DeviceOf(environment, options.Gpu));
    }

    /// <summary>Forms the group that this process's rank belongs to.</summary>
    /// <exception cref="RendezvousException">The ranks cannot form a group, or did not in time.</exception>
    /// <exception cref="GpuException">This rank's device cannot do what is needed.</exception>
    /// <exception cref="NativeLibraryException">This rank's code objects cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The caller does not want to wait any longer.</exception>
    public static Task<GpuCommunicator> JoinAsync(Candidate candidate, RankEnvironment environment, JoinOptions options, CancellationToken cancellationToken, HostPlace? place = null)
    {
        var policy = options.Gpu.Prepare(candidate.Kernels, environment.WorldSize, candidate.Device.Kind, [candidate.Device]);
        return GroupFormation.FormAsync(candidate.Kernels, environment, options, Agreement(candidate, options.Gpu), Form, cancellationToken);

        async Task<FormedGroup<GpuCommunicator>> Form(RankMeeting meeting, ILogger logger, CancellationToken limit)
        {
            PolicyAgreement.Require(meeting, environment.Rank, policy, limit);
            var segment = GroupFormation.ShareMemory(meeting, environment.Rank, SharedLedger.SegmentBytes(environment.WorldSize), limit);
            try
            {
                var member = await new Forming(candidate, environment, policy, options.Gpu, meeting, segment, place, limit).FormAsync().ConfigureAwait(false);
                if (member.RanksOnDevice > 1)
                {
                    CommunicatorLog.SharesDevice(logger, member.Rank, member.Device, member.RanksOnDevice - 1);
                }

                return new(new GpuCommunicator(member, options.Gpu.Timeout, logger), candidate.Device.Kind);
            }
            catch
            {
                segment.Dispose();
                throw;
            }
        }
    }

    /// <summary>The device that options name, or that of the rank's number on its host.</summary>
    /// <exception cref="GpuException">There is none.</exception>
    public static GpuDevice DeviceOf(RankEnvironment environment, GpuGroupOptions options)
    {
        if (options.Devices is { } devices)
        {
            return devices is [{ } device]
                ? device
                : throw new ArgumentException("GpuGroupOptions.Devices has one device for a rank in a process of its own, this rank's, and not " + devices.Count + "; or is null, for the device of its number on the host.", nameof(options));
        }

        var found = GpuDevice.Discover();
        if (found.Count == 0)
        {
            throw new GpuException(GpuProblem.NoDevice, "Rank " + environment.Rank + " has no GPU (" + GpuDevice.Explain().ReplaceLineEndings("; ") + ").");
        }

        return DeviceOf(environment, [.. found.Where(device => device.Kind == found[0].Kind)]);
    }

    /// <summary>The device of a rank's number on its host. Launchers either show every process all of these, or each its own.</summary>
    internal static GpuDevice DeviceOf(RankEnvironment environment, IReadOnlyList<GpuDevice> visible) => visible[environment.LocalRank % visible.Count];

    /// <summary>Hash of all that ranks must have in common to come to the same decisions and understand each other's data.</summary>
    private static byte[] Agreement(Candidate candidate, GpuGroupOptions options)
    {
        const int ProtocolVersion = 1;
        var text = new StringBuilder();
        text.Append("gpu ").Append(ProtocolVersion).Append('\n').Append(candidate.Device.Kind).Append('\n').Append(candidate.Kernels.Name).Append('\n');
        foreach (var variant in candidate.Kernels.Variants)
        {
            text.Append(variant.KernelName).Append('\n');
        }

        foreach (var unit in candidate.Kernels.Units)
        {
            text.Append(unit.Name).Append(' ').Append(unit.SourceId).Append('\n');
        }

        text.Append(options.Algorithm).Append('\n').Append(options.OneShotMaxBytes).Append('\n').Append(options.MaxBlocks);
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>A rank before it has met the others.</summary>
    /// <param name="Kernels">The variants that it can run.</param>
    /// <param name="Device">Its device.</param>
    internal sealed record Candidate(KernelSet Kernels, GpuDevice Device);

    /// <summary>What a group is told that is one host's part of a larger one.</summary>
    /// <param name="Numbers">By which number callers know each of its ranks.</param>
    /// <param name="StagingBytes">Bytes of every rank's device memory that all of them can read, beside the workspace.</param>
    internal sealed record HostPlace(IReadOnlyList<int> Numbers, long StagingBytes);

    /// <summary>The steps of one rank, between which the ranks tell each other what they have, or why they cannot.</summary>
    private sealed class Forming(
        Candidate candidate, RankEnvironment environment, PolicyTable policy, GpuGroupOptions options, RankMeeting meeting, SharedSegment segment, HostPlace? place, CancellationToken limit)
    {
        private readonly GpuDevice _device = candidate.Device;
        private GpuKernels? _kernels;
        private GpuWorkspace? _workspace;
        private PeerMemory? _peers;
        private int _ranksOnDevice;

        private IReadOnlyList<int> Numbers { get; } = place?.Numbers ?? [.. Enumerable.Range(0, environment.WorldSize)];

        public async Task<GpuMember> FormAsync()
        {
            try
            {
                var identities = await meeting.TradeAsync(() => _device.Driver.IdentityOf(_device.Index).ToByteArray(), limit).ConfigureAwait(false);
                _ranksOnDevice = identities.Count(identity => identity.AsSpan().SequenceEqual(identities[environment.Rank]));
                var blocks = await meeting.TradeAsync(LoadKernels, limit).ConfigureAwait(false);
                LimitBlocks(blocks);
                var offers = await meeting.TradeAsync(AllocateWorkspace, limit).ConfigureAwait(false);
                _ = await meeting.TradeAsync(() => MapPeers(offers), limit).ConfigureAwait(false);
                return Member();
            }
            catch
            {
                Discard();
                throw;
            }
        }

        private byte[] LoadKernels()
        {
            _kernels = GpuKernels.Load(candidate.Kernels, environment.WorldSize, [_device], _ => _ranksOnDevice, policy, options);
            var blocks = new PayloadWriter();
            foreach (var kernel in _kernels.All)
            {
                blocks.UInt32((uint)kernel.MaxBlocks);
            }

            return blocks.ToArray();
        }

        private void LimitBlocks(byte[][] blocksOfRanks)
        {
            foreach (var blocks in blocksOfRanks)
            {
                var reader = new PayloadReader(blocks);
                foreach (var kernel in _kernels!.All)
                {
                    kernel.LimitBlocks((int)uint.Clamp(reader.UInt32(), 1, KernelGeometry.MaxSlots));
                }

                reader.End();
            }
        }

        private byte[] AllocateWorkspace()
        {
            _workspace = new GpuWorkspace(new WorkspaceLayout(_kernels!.All), _device, environment.Rank, environment.WorldSize, forOtherProcesses: true, place?.StagingBytes ?? 0);
            return PeerMemory.Offer(_workspace).ToArray();
        }

        private byte[] MapPeers(byte[][] offers)
        {
            _peers = PeerMemory.Map(_device, [.. offers.Select(MemoryOffer.From)]);
            _workspace!.Reset(_peers.Addresses);
            return [];
        }

        private GpuMember Member() => new()
        {
            Rank = environment.Rank,
            WorldSize = environment.WorldSize,
            Numbers = Numbers,
            Device = _device,
            RanksOnDevice = _ranksOnDevice,
            KernelSet = candidate.Kernels,
            Kernels = _kernels!,
            Policy = policy,
            Workspace = _workspace!,
            Peers = _peers!,
            Segment = segment,
            Caller = new GpuCaller(environment.Rank, Numbers[environment.Rank], _device, index: 0, _kernels!.Choice(), policy, options),
            Ledger = new SharedLedger(segment, environment.Rank, environment.WorldSize),
            Faults = new FaultBoard(segment, environment.Rank, options.Timeout, "GpuGroupOptions.Timeout", Numbers),
        };

        private void Discard()
        {
            _peers?.Dispose();
            _workspace?.Dispose();
            _kernels?.Dispose();
        }
    }
}
