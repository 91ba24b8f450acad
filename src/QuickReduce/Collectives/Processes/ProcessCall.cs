using System.Text;
using QuickReduce.Devices.Processes;

namespace QuickReduce.Collectives.Processes;

/// <summary>One all-reduce of one rank in a group of processes.</summary>
internal unsafe ref struct ProcessCall : ICallSteps
{
    private readonly EpochBoard _board;
    private readonly byte* _memory;
    private readonly SharedLayout _layout;
    private readonly CallPlan _plan;
    private readonly RankCall _call;

    /// <summary>Creates a call.</summary>
    /// <param name="board">The group's flags.</param>
    /// <param name="memory">The group's shared memory.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="plan">What the call runs.</param>
    /// <param name="request">What this rank asks for.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="inputStride">Bytes from one rank's input to the next rank's; 0 where it is private.</param>
    /// <param name="outputStride">The same of the outputs.</param>
    public ProcessCall(
        EpochBoard board, byte* memory, SharedLayout layout, scoped in CallPlan plan, scoped in RankRequest request, int rank, nint inputStride, nint outputStride)
    {
        _board = board;
        _memory = memory;
        _layout = layout;
        _plan = plan;
        _call = new RankCall
        {
            Input = request.Input,
            Output = request.Output,
            InputStride = inputStride,
            OutputStride = outputStride,
            ElementCount = request.InputLength,
            Rank = rank,
            Hops = plan.Hops,
        };
    }

    /// <summary>Whether the ranks have compared what they ask for, and could not go on.</summary>
    public bool Disagrees { get; private set; }

    /// <inheritdoc/>
    public readonly void AwaitPeers(uint epoch) => _board.AwaitPeers(epoch);

    /// <inheritdoc/>
    public bool Agree(uint epoch)
    {
        ref readonly var own = ref _board.RequestOf(_call.Rank, epoch);
        var agree = own.Problem == CallProblem.None;
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            agree &= own.Equals(_board.RequestOf(rank, epoch));
        }

        if (agree)
        {
            return own.Sharing == BufferSharing.None || ArePlacedAlike(epoch);
        }

        if (DifferInSharing(epoch))
        {
            return false;
        }

        Disagrees = true;
        throw Disagreement(epoch);
    }

    /// <inheritdoc/>
    public readonly void Send(long chunk, uint region) => _plan.Kernel?.Send(_call, Chunk(chunk, region));

    /// <inheritdoc/>
    public readonly void Reduce(long chunk, uint region) => _plan.Kernel!.Reduce(_call, Chunk(chunk, region));

    /// <inheritdoc/>
    public readonly void Raise(uint epoch) => _board.Raise(epoch);

    /// <inheritdoc/>
    public readonly void Claim(long chunk, uint region)
    {
        _board.Claim(region);
        _plan.Kernel!.Claim(_call, Chunk(chunk, region));
    }

    /// <inheritdoc/>
    public readonly void Receive(long chunk, uint region) => _plan.Kernel!.Receive(_call, Chunk(chunk, region));

    private readonly RankChunk Chunk(long chunk, uint region)
    {
        var first = (nint)chunk * _plan.ChunkElements;
        return new RankChunk
        {
            First = first,
            Count = nint.Min(_plan.ChunkElements, _call.ElementCount - first),
            Region = _memory + _layout.RegionOffset(region) + _plan.Kernel!.RegionStart,
            RegionIndex = (int)(region % SharedLayout.Regions),
        };
    }

    /// <summary>Whether each rank finds the others' buffers where its own are.</summary>
    private readonly bool ArePlacedAlike(uint epoch)
    {
        var alike = true;
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            alike &= _board.PlacementOf(rank, epoch) == _board.PlacementOf(_call.Rank, epoch);
        }

        return alike;
    }

    /// <summary>Whether the ranks want the same and can do it, but not all have buffers that the others see.</summary>
    private readonly bool DifferInSharing(uint epoch)
    {
        ref readonly var first = ref _board.RequestOf(0, epoch);
        var (can, differ) = (true, false);
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            ref readonly var request = ref _board.RequestOf(rank, epoch);
            can &= request.Problem == CallProblem.None && request.AsksTheSame(first);
            differ |= request.Sharing != first.Sharing;
        }

        return can && differ;
    }

    /// <summary>Why the ranks cannot go on: the same on every rank, and named in the order in which it can be mended.</summary>
    private readonly QuickReduceException Disagreement(uint epoch)
    {
        const string Remedy = "All must pass the same element type, regime, group size, scale format and length, and make their calls in the same order.";
        ref readonly var first = ref _board.RequestOf(0, epoch);
        var problem = CallProblem.None;
        var culprit = 0;
        var same = true;
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            ref readonly var request = ref _board.RequestOf(rank, epoch);
            same &= request.AsksTheSame(first);
            if (problem == CallProblem.None && request.Problem != CallProblem.None)
            {
                (problem, culprit) = (request.Problem, rank);
            }
        }

        if (!same)
        {
            return Mismatch(epoch, "the ranks asked for different all-reduces", Remedy);
        }

        var asked = _board.RequestOf(culprit, epoch);
        switch (problem)
        {
            case CallProblem.None:
                return Mismatch(epoch, "the ranks chose different algorithms", "Give all ranks the same GroupOptions and the same build of the application.");
            case CallProblem.UnsupportedType:
                return Mismatch(epoch, "the ranks asked for a type that cannot be all-reduced", "Elements are System.Half, QuickReduce.BFloat16 or float.");
            case CallProblem.NotDeclared or CallProblem.KernelUnavailable:
                return new RankFailedException(
                    culprit,
                    Start() + "rank " + culprit + " has no kernel for " + asked + (problem == CallProblem.NotDeclared ? ": its kernel set declares none." : ": its native library cannot be used."),
                    inner: null);
            default:
                var (what, remedy) = BufferProblems.Describe(problem, asked.ToRequest());
                return new InvalidBufferException(culprit, Start() + asked + ": rank " + culprit + " passed buffers that cannot be used: " + what + ". " + remedy);
        }
    }

    private readonly RankMismatchException Mismatch(uint epoch, string what, string remedy)
    {
        var asked = new StringBuilder();
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            asked.Append(rank == 0 ? string.Empty : "; ").Append("rank ").Append(rank).Append(": ").Append(_board.RequestOf(rank, epoch).ToString());
        }

        return new RankMismatchException(Start() + what + " (" + asked + "). " + remedy);
    }

    private readonly string Start() => "Rank " + _call.Rank + (_board.Request(_board.CallEpoch).Kind == CallKind.Allocation ? " cannot allocate: " : " cannot all-reduce: ");
}
