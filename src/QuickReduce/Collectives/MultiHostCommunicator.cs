using QuickReduce.Collectives;
using QuickReduce.Collectives.Hosts;
using QuickReduce.Rendezvous;
using QuickReduce.Rendezvous.Mpi;

namespace QuickReduce;

/// <summary>
/// This process's rank in a group over several hosts, started with <c>mpirun</c>: ranks of one host add up among themselves
/// with QuickReduce's kernels, the hosts exchange their sums through MPI, in one call.
/// </summary>
/// <remarks>
/// <para>The result: the sum of each host as <see cref="Communicator"/> gives it, in the regime of the call and rounded to
/// the element type; these sums added in fp32 in the order of the hosts' first ranks, and rounded once. Every rank gets the
/// same bits, from run to run and with any MPI. Where each host has one rank only, the regime does not matter: nothing is
/// quantised between hosts.</para>
/// <para>For one thread at a time, and no other thread of the process may use MPI meanwhile. Every host has as many ranks.
/// Calls that do not fit together fail on all hosts, and the group goes on. A rank that dies ends the calls of its host with
/// a <see cref="RankFailedException"/>; on other hosts what happens is MPI's: its launcher ends the job.</para>
/// </remarks>
public sealed class MultiHostCommunicator : IDisposable
{
    // What is exchanged at once: scratch memory stays small, and MPI's counts are numbers of 32 bits.
    private const nint ChunkElements = 4 * 1024 * 1024;

    private readonly HostTopology _topology;
    private readonly Communicator? _local;
    private readonly HostExchange? _exchange;
    private long _calls;
    private bool _disposed;

    private MultiHostCommunicator(MpiLibrary mpi, HostTopology topology, Communicator? local, HostExchange? exchange)
    {
        _topology = topology;
        _local = local;
        _exchange = exchange;
        Rank = mpi.RankIn(mpi.World);
        WorldSize = mpi.SizeOf(mpi.World);
    }

    /// <summary>This process's rank in the job, as MPI numbers it.</summary>
    public int Rank { get; }

    /// <summary>Number of ranks on all hosts.</summary>
    public int WorldSize { get; }

    /// <summary>Number of this rank's host, from 0.</summary>
    public int Host => _topology.Host;

    /// <summary>Number of hosts.</summary>
    public int HostCount => _topology.HostCount;

    /// <summary>Number of this rank among those of its host.</summary>
    public int LocalRank => _topology.LocalRank;

    /// <summary>Forms a group of all processes of the MPI job. Starts MPI, unless the process has done so.</summary>
    /// <param name="kernels">The kernels to run; the same on all ranks, and declared for the number of ranks of one host.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait for the ranks of this host; that of MPI cannot be ended.</param>
    /// <exception cref="ArgumentNullException"><paramref name="kernels"/> is null.</exception>
    /// <exception cref="MpiException">There is no MPI, or hosts have different numbers of ranks.</exception>
    /// <exception cref="VariantNotDeclaredException">No variant has the number of ranks that a host has.</exception>
    /// <exception cref="RendezvousException">The ranks of this host cannot form a group, or did not in time.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static async Task<MultiHostCommunicator> JoinAsync(KernelSet kernels, MultiHostOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        options ??= new MultiHostOptions();
        var mpi = MpiLibrary.Start(options.Library);
        var topology = Where(mpi, options.HostName ?? RankRendezvous.ThisHost());
        if (topology.LocalCount > 1)
        {
            // The same on all hosts: all refuse, or none.
            kernels.RequireWorldSize(topology.LocalCount);
        }

        var exchange = topology.HostCount > 1 ? new HostExchange(mpi, topology) : null;
        var local = default(Communicator);
        if (topology.LocalCount > 1)
        {
            var environment = new RankEnvironment(topology.LocalRank, topology.LocalCount) { JobId = topology.JobId, Launcher = "MPI" };
            local = await Communicator.JoinAsync(kernels, environment, options.Local, cancellationToken).ConfigureAwait(false);
        }

        return new MultiHostCommunicator(mpi, topology, local, exchange);
    }

    /// <summary>
    /// Sums all ranks' inputs element by element and gives every rank the same sum, bit for bit. Blocks until all ranks
    /// have called and the sum is there; all pass the same mode, element type and length.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="mode">How elements travel between ranks of one host.</param>
    /// <param name="input">This rank's summand; any length.</param>
    /// <param name="output">Where the sum goes; as long as <paramref name="input"/>, and either the very same memory or memory that does not overlap it.</param>
    /// <exception cref="RankMismatchException">Ranks of this host, or hosts, asked for different things. The group goes on.</exception>
    /// <exception cref="InvalidBufferException">Buffers of a rank of this host cannot be used. The group goes on.</exception>
    /// <exception cref="RankFailedException">Ranks of another host could not add up theirs (the group goes on where theirs does), or a rank of this host has ended.</exception>
    /// <exception cref="QuickReduceException">As with <see cref="Communicator"/>.</exception>
    /// <exception cref="MpiException">MPI has failed.</exception>
    /// <exception cref="ObjectDisposedException">The communicator is disposed.</exception>
    public unsafe void AllReduce<T>(AllReduceMode mode, ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged
    {
        fixed (T* source = input)
        fixed (T* destination = output)
        {
            AllReduce(RankRequest.Of(mode, source, input.Length, destination, output.Length));
        }
    }

    /// <summary>All-reduces in place: the buffer becomes the sum of all ranks' buffers.</summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="mode">How elements travel between ranks of one host.</param>
    /// <param name="buffer">This rank's summand, then the sum.</param>
    /// <inheritdoc cref="AllReduce{T}(AllReduceMode, ReadOnlySpan{T}, Span{T})" path="/exception"/>
    public void AllReduce<T>(AllReduceMode mode, Span<T> buffer)
        where T : unmanaged => AllReduce<T>(mode, buffer, buffer);

    /// <summary>Leaves the group. All ranks of all hosts do so, at about the same time: MPI has them wait for each other.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _local?.Dispose();
            _exchange?.Dispose();
        }
    }

    private static unsafe HostTopology Where(MpiLibrary mpi, string hostName)
    {
        var records = new byte[mpi.SizeOf(mpi.World)][];
        var all = new byte[records.Length * HostTopology.RecordBytes];
        fixed (byte* sent = HostTopology.Record(hostName))
        fixed (byte* received = all)
        {
            mpi.Allgather(mpi.World, sent, received, HostTopology.RecordBytes);
        }

        for (var rank = 0; rank < records.Length; rank++)
        {
            records[rank] = all.AsSpan(rank * HostTopology.RecordBytes, HostTopology.RecordBytes).ToArray();
        }

        var topology = HostTopology.From(records, mpi.RankIn(mpi.World), out var problem);
        return problem is null ? topology : throw new MpiException(problem);
    }

    private unsafe void AllReduce(in RankRequest request)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _calls++;
        var failure = AddUpOnHost(request);
        if (_exchange is null)
        {
            if (failure is not null)
            {
                throw failure;
            }

            return;
        }

        Agree(_exchange, request, failure);
        for (nint first = 0; first < request.InputLength; first += ChunkElements)
        {
            var count = nint.Min(ChunkElements, request.InputLength - first);
            var whole = request.Output + first * request.ElementBytes;
            var part = _exchange.AddUp(request.DataType, whole, count);
            if (_local is null)
            {
                Buffer.MemoryCopy(part, whole, count * request.ElementBytes, count * request.ElementBytes);
            }
            else
            {
                _local.Gather(request.DataType, part, _exchange.PartElements(count), whole, count);
            }
        }
    }

    /// <summary>Writes the sum of this host to the output.</summary>
    /// <returns>Why that cannot be. Ranks on other hosts wait to hear of it.</returns>
    private unsafe QuickReduceException? AddUpOnHost(in RankRequest request)
    {
        try
        {
            if (_local is not null)
            {
                _local.AllReduce(request);
                return null;
            }

            if (request.DataType == RankRequest.UnsupportedType || !CallValidation.IsPossible(request))
            {
                return new VariantNotDeclaredException("Rank " + Rank + " cannot all-reduce " + request.Describe() + ": elements are System.Half, QuickReduce.BFloat16 or float, and regimes those of QuantRegime.");
            }

            if (BufferProblems.Of(request) is var problem and not CallProblem.None)
            {
                var (what, remedy) = BufferProblems.Describe(problem, request);
                return new InvalidBufferException(Rank, "Rank " + Rank + " cannot all-reduce " + request.Describe() + ": its buffers cannot be used: " + what + ". " + remedy);
            }

            Buffer.MemoryCopy(request.Input, request.Output, request.OutputLength * request.ElementBytes, request.InputLength * request.ElementBytes);
            return null;
        }
        catch (QuickReduceException exception)
        {
            return exception;
        }
    }

    private void Agree(HostExchange exchange, in RankRequest request, QuickReduceException? failure)
    {
        var own = new HostCall
        {
            CallNumber = _calls,
            ElementCount = request.InputLength,
            DataType = (int)request.DataType,
            Regime = (byte)request.Mode.Regime,
            ScaleFormat = (byte)request.Mode.ScaleFormat,
            GroupSize = (short)request.Mode.GroupSize,
            HasFailed = failure is null ? 0 : 1,
        };
        var calls = exchange.Agree(own);
        if (failure is not null)
        {
            throw failure;
        }

        if (Array.FindIndex(calls, static call => call.HasFailed != 0) is var culprit and >= 0)
        {
            throw new RankFailedException(_topology.Ranks[culprit][0], "Rank " + Rank + " cannot all-reduce: the ranks of host " + culprit + " could not add up theirs, and have been told why.", inner: null);
        }

        if (!Array.TrueForAll(calls, call => call.AsksTheSame(calls[0])))
        {
            throw new RankMismatchException("Rank " + Rank + " cannot all-reduce: the hosts asked for different all-reduces ("
                + string.Join("; ", calls.Select(static (call, host) => "host " + host + ": " + call.Describe()))
                + "). All must pass the same element type, regime, group size, scale format and length, and make their calls in the same order.");
        }
    }
}
