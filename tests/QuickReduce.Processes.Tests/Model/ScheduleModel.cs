using QuickReduce.Collectives.Processes;

namespace QuickReduce.Processes.Tests.Model;

/// <summary>
/// The protocol over shared memory with ranks that stop between any two steps. All reachable states are visited, each
/// once. A read of a region takes two steps, so that a write in the midst of it is noticed.
/// </summary>
public sealed class ScheduleModel
{
    private const int Spoilt = -1;

    private readonly int _worldSize;
    private readonly int _regions;
    private readonly int _epochs;
    private readonly uint _firstEpoch;
    private readonly ModelStep[] _steps;

    public ScheduleModel(int worldSize, ModelCall[] calls, uint firstEpoch, int regions, int epochs)
    {
        _worldSize = worldSize;
        _regions = regions;
        _epochs = epochs;
        _firstEpoch = firstEpoch;
        var recorder = new Recorder(regions);
        var last = firstEpoch;
        var chunks = 0;
        foreach (var call in calls)
        {
            recorder.FirstChunk = chunks;
            if (call.Buffers == ModelBuffers.Unlike)
            {
                // As from a rank that thinks that all are private: it sends, which the others do not.
                recorder.Agrees = false;
                CallSchedule.Run(ref recorder, last++, call.Chunks, call.Hops);
                recorder.FirstChunk = ++chunks;
            }

            recorder.Agrees = true;
            recorder.IsShared = call.Buffers == ModelBuffers.Shared;
            recorder.Begin();
            CallSchedule.Run(ref recorder, last, call.Chunks, call.Hops);
            recorder.End(call.Chunks);
            last += CallSchedule.Epochs(call.Chunks, call.Hops);
            chunks += call.Chunks;
        }

        _steps = [.. recorder.Steps];
    }

    /// <summary>A rank that may stop for ever before any of its steps; −1 for none. Who waits in vain then ends.</summary>
    public int Stopper { get; init; } = -1;

    /// <summary>The wait, by its number in a rank's steps, that nobody keeps: to show that the model would notice; −1 for none.</summary>
    public int IgnoredWait { get; init; } = -1;

    /// <summary>Visits all states.</summary>
    public ModelOutcome Explore()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<State>();
        open.Push(new State(_worldSize, _regions, (int)(_firstEpoch % (uint)_epochs)));
        var finished = false;
        while (open.TryPop(out var state))
        {
            var moved = false;
            for (var rank = 0; rank < _worldSize; rank++)
            {
                if (!state.Runs(rank, _steps.Length))
                {
                    continue;
                }

                if (rank == Stopper)
                {
                    var stopped = state.Clone();
                    stopped.Stopped = rank;
                    Visit(stopped, seen, open);
                }

                if (Take(state, rank, out var violation) is not { } next)
                {
                    if (violation is not null)
                    {
                        return new ModelOutcome(violation, null, false, seen.Count);
                    }

                    if (state.Stopped >= 0)
                    {
                        // Its time is over, or it sees that another's was: it ends with an exception.
                        var ended = state.Clone();
                        ended.Ended |= 1 << rank;
                        Visit(ended, seen, open);
                        moved = true;
                    }

                    continue;
                }

                moved = true;
                Visit(next, seen, open);
            }

            finished |= state.Next.All(next => next == _steps.Length);
            if (!moved && Stuck(state) is { } deadlock)
            {
                return new ModelOutcome(null, deadlock, finished, seen.Count);
            }
        }

        return new ModelOutcome(null, null, finished, seen.Count);
    }

    private static void Visit(State state, HashSet<string> seen, Stack<State> open)
    {
        if (seen.Add(state.Key()))
        {
            open.Push(state);
        }
    }

    /// <summary>The state after a rank's next step; null where it has to wait, or has read what was not meant for it.</summary>
    private State? Take(State state, int rank, out string? violation)
    {
        violation = null;
        var step = _steps[state.Next[rank]];
        if (step.Operation == Operation.Await && !CanPass(state, rank, step))
        {
            return null;
        }

        var next = state.Clone();
        next.Next[rank]++;
        switch (step.Operation)
        {
            case Operation.Raise:
                next.Flags[rank] = (int)(step.Epoch % (uint)_epochs);
                break;
            case Operation.Write:
                next.Regions[rank, step.Region] = 2 * step.Chunk;
                next.Sums[rank, step.Region] = -1;
                break;
            case Operation.WriteSum:
                next.Sums[rank, step.Region] = 2 * step.Chunk + 1;
                break;
            case Operation.FillInput or Operation.SpoilInput:
                next.Inputs[rank] = step.Operation == Operation.FillInput ? step.Chunk : Spoilt;
                break;
            case Operation.WriteOutputs:
                for (var peer = 0; peer < _worldSize; peer++)
                {
                    next.Outputs[peer, rank] = step.Chunk;
                }

                break;
            case Operation.SpoilOutput:
                for (var writer = 0; writer < _worldSize; writer++)
                {
                    next.Outputs[rank, writer] = Spoilt;
                }

                break;
            default:
                violation = Enumerable.Range(0, _worldSize).Select(peer => Misread(state, rank, peer, step)).FirstOrDefault(static text => text is not null);
                break;
        }

        return violation is null ? next : null;
    }

    /// <summary>What is wrong with what a rank reads of a peer; null where it is what was meant, or the step reads nothing.</summary>
    private static string? Misread(State state, int rank, int peer, ModelStep step)
    {
        (int Found, int Meant)? read = step.Operation switch
        {
            Operation.Read => (state.Regions[peer, step.Region], 2 * step.Chunk),
            Operation.ReadSum => (state.Sums[peer, step.Region], 2 * step.Chunk + 1),
            Operation.ReadInputs => (state.Inputs[peer], step.Chunk),
            Operation.ReadOutput => (state.Outputs[rank, peer], step.Chunk),
            Operation.ReadSpoiltOutput => (state.Outputs[rank, peer], Spoilt),
            _ => null,
        };
        return read is var (found, meant) && found != meant
            ? $"rank {rank} reads {found} of rank {peer} where {meant} should be: {step.Operation}, region {step.Region}, step {state.Next[rank]}"
            : null;
    }

    private bool CanPass(State state, int rank, ModelStep step)
    {
        if (IgnoredWait >= 0 && _steps.Take(state.Next[rank]).Count(earlier => earlier.Operation == Operation.Await) == IgnoredWait)
        {
            return true;
        }

        return Enumerable.Range(0, _worldSize).All(peer => peer == rank || IsNotBefore(state.Flags[peer], step.Epoch));
    }

    private bool IsNotBefore(int flag, uint epoch)
    {
        var ahead = (flag - (int)(epoch % (uint)_epochs) + _epochs) % _epochs;
        return ahead < _epochs / 2;
    }

    /// <summary>Where ranks wait that nobody can release.</summary>
    private string? Stuck(State state)
    {
        var waiting = Enumerable.Range(0, _worldSize).Where(rank => state.Runs(rank, _steps.Length)).ToArray();
        return waiting.Length == 0 ? null : "ranks " + string.Join(", ", waiting) + " wait for ever";
    }

    private struct Recorder(int regions) : ICallSteps
    {
        public List<ModelStep> Steps { get; } = [];

        public int FirstChunk { get; set; }

        public readonly void AwaitPeers(uint epoch) => Steps.Add(new ModelStep(Operation.Await, epoch, 0, 0));

        public bool Agrees { get; set; }

        public bool IsShared { get; set; }

        /// <summary>What the caller does before a call with shared buffers.</summary>
        public readonly void Begin()
        {
            if (IsShared)
            {
                Steps.Add(new ModelStep(Operation.FillInput, 0, 0, FirstChunk));
            }
        }

        /// <summary>What it does after it.</summary>
        public readonly void End(int chunks)
        {
            if (IsShared)
            {
                Steps.Add(new ModelStep(Operation.SpoilInput, 0, 0, FirstChunk));
                Steps.Add(new ModelStep(Operation.ReadOutput, 0, 0, FirstChunk + chunks - 1));
                Steps.Add(new ModelStep(Operation.SpoilOutput, 0, 0, 0));
                Steps.Add(new ModelStep(Operation.ReadSpoiltOutput, 0, 0, 0));
            }
        }

        public readonly bool Agree(uint epoch) => Agrees;

        public readonly void Send(long chunk, uint region)
        {
            if (!IsShared)
            {
                Add(Operation.Write, chunk, region, times: 1);
            }
        }

        public readonly void Reduce(long chunk, uint region)
        {
            if (IsShared)
            {
                // Inputs of all chunks are there from the beginning.
                Steps.Add(new ModelStep(Operation.ReadInputs, 0, 0, FirstChunk));
                Steps.Add(new ModelStep(Operation.ReadInputs, 0, 0, FirstChunk));
                Steps.Add(new ModelStep(Operation.WriteOutputs, 0, 0, FirstChunk + (int)chunk));
                return;
            }

            Add(Operation.Read, chunk, region, times: 2);
            Add(Operation.WriteSum, chunk, region, times: 1);
        }

        public readonly void Raise(uint epoch) => Steps.Add(new ModelStep(Operation.Raise, epoch, 0, 0));

        // Nobody may read what is there afterwards.
        public readonly void Claim(long chunk, uint region) =>
            Steps.Add(new ModelStep(Operation.Write, 0, (int)(region % (uint)regions), Spoilt));

        public readonly void Receive(long chunk, uint region)
        {
            if (IsShared)
            {
                return;
            }

            // With two hops, the sums; with one, what was sent.
            var number = FirstChunk + (int)chunk;
            var hasSum = Steps.Exists(step => step.Operation == Operation.WriteSum && step.Chunk == number);
            Add(hasSum ? Operation.ReadSum : Operation.Read, chunk, region, times: 2);
        }

        private readonly void Add(Operation operation, long chunk, uint region, int times)
        {
            for (var time = 0; time < times; time++)
            {
                Steps.Add(new ModelStep(operation, 0, (int)(region % (uint)regions), FirstChunk + (int)chunk));
            }
        }
    }

    private sealed class State
    {
        public State(int worldSize, int regions, int flag)
        {
            Next = new int[worldSize];
            Flags = Enumerable.Repeat(flag, worldSize).ToArray();
            Regions = new int[worldSize, regions];
            Sums = new int[worldSize, regions];
            Inputs = Enumerable.Repeat(Spoilt, worldSize).ToArray();
            Outputs = new int[worldSize, worldSize];
        }

        private State(State other)
        {
            Next = (int[])other.Next.Clone();
            Flags = (int[])other.Flags.Clone();
            Regions = (int[,])other.Regions.Clone();
            Sums = (int[,])other.Sums.Clone();
            Inputs = (int[])other.Inputs.Clone();
            Outputs = (int[,])other.Outputs.Clone();
            Stopped = other.Stopped;
            Ended = other.Ended;
        }

        public int[] Next { get; }

        public int[] Flags { get; }

        public int[,] Regions { get; }

        public int[,] Sums { get; }

        /// <summary>The first chunk of the call whose input a rank's is, or <see cref="Spoilt"/>.</summary>
        public int[] Inputs { get; }

        /// <summary>The last chunk that a rank, the second index, has written to the output of another.</summary>
        public int[,] Outputs { get; }

        public int Stopped { get; set; } = -1;

        /// <summary>Ranks that have ended with an exception, as bits.</summary>
        public int Ended { get; set; }

        public bool Runs(int rank, int steps) => Next[rank] < steps && Stopped != rank && ((Ended >> rank) & 1) == 0;

        public State Clone() => new(this);

        // What regions hold follows from how far each rank is; to outputs several write.
        public string Key() => string.Join(',', Next) + "/" + Stopped + "/" + Ended + "/" + string.Join(',', Outputs.Cast<int>());
    }
}
