using System.Text;
using QuickReduce.Collectives;
using QuickReduce.Collectives.Processes;
using QuickReduce.Devices.Processes;
using QuickReduce.Rendezvous;

namespace QuickReduce;

// Memory that the ranks of a group share beside what its calls go through, and what ranks tell each other of it.
public sealed unsafe partial class Communicator
{
    private const int MaxTextBytes = 1024 - sizeof(int);

    private readonly SharedBuffers _buffers = new();
    private readonly RankKernel?[] _sharedKernels = new RankKernel?[SpecializationRules.DataTypes.Count * ((int)BufferSharing.All + 1)];

    /// <summary>
    /// Allocates memory that all ranks of the group see, zeros at first. All-reduces in full precision whose input and
    /// output lie in such memory, each at the same place on all ranks, are done where it lies: nothing is copied on the
    /// way, which is faster from some 16 KB up. Which they are is found by address; there is no other call to make. Where
    /// ranks' places differ, some have buffers of their own, or a regime quantises, the call goes through the group's own
    /// memory, with the same bits. All ranks call this, with the same length and type.
    /// </summary>
    /// <typeparam name="T">Element type; of any kind, and all-reduced as far as it is one of those of <see cref="AllReduce{T}(AllReduceMode, Span{T})"/>.</typeparam>
    /// <param name="elementCount">Number of elements for this rank, 0 or more.</param>
    /// <returns>This rank's part.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="RankMismatchException">The ranks asked for different lengths or types, or a rank made another call.</exception>
    /// <exception cref="SharedMemoryException">A rank cannot have its part.</exception>
    /// <inheritdoc cref="AllReduce{T}(AllReduceMode, ReadOnlySpan{T}, Span{T})" path="/exception[@cref='T:QuickReduce.ConcurrentCallException' or @cref='T:QuickReduce.RankTimeoutException' or @cref='T:QuickReduce.RankFailedException' or @cref='T:QuickReduce.GroupAbortedException' or @cref='T:System.ObjectDisposedException']"/>
    public SharedBuffer<T> AllocateShared<T>(int elementCount)
        where T : unmanaged
    {
        var request = new RankRequest { InputLength = elementCount, OutputLength = elementCount, DataType = RankRequest.TypeOf<T>(), Mode = QuantRegime.FP, ElementBytes = sizeof(T) };
        Enter(request);
        try
        {
            var part = Allocate(request);
            return new SharedBuffer<T>(this, part, elementCount);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Lets a part of a shared buffer go, once no call uses it.</summary>
    internal void Free(SharedMemoryPart part)
    {
        var spinner = default(SpinWait);
        int state;
        while ((state = Interlocked.CompareExchange(ref _busy, InCall, Idle)) == InCall)
        {
            spinner.SpinOnce();
        }

        if (state == Idle)
        {
            _buffers.Remove(part);
            Exit();
        }

        part.Dispose();
    }

    /// <summary>Gives every rank what every rank has of a message (<see cref="GatherRankKernel"/>).</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="part">This rank's part.</param>
    /// <param name="partElements">Elements of a part, as far as there are any.</param>
    /// <param name="whole">Where all parts go.</param>
    /// <param name="totalElements">Elements of all parts together.</param>
    internal void Gather(DataType type, byte* part, nint partElements, byte* whole, nint totalElements)
    {
        var request = new RankRequest { Input = part, Output = whole, InputLength = partElements, OutputLength = partElements, DataType = type, Mode = QuantRegime.FP, ElementBytes = WireFormat.SizeOf(type) };
        Enter(request);
        try
        {
            _board.ThrowIfOver();
            var plan = CallPlan.Of(GatherKernel(type, totalElements), partElements, long.MaxValue);
            var call = Describe(request, plan, CallProblem.None, ++_calls);
            _board.Request(_epoch + 1).Kind = CallKind.Gather;
            Run(ref call, request, plan, failure: null);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Describes a call whose buffers may lie in shared ones, and plans it anew if so.</summary>
    private ProcessCall DescribeShared(scoped in RankRequest request, scoped ref CallPlan plan)
    {
        var sharing = _buffers.Find(request, out var placement, out var inputStride, out var outputStride);
        if (sharing == BufferSharing.None)
        {
            return Describe(request, plan, CallProblem.None, ++_calls);
        }

        // What the ranks compare is the algorithm that was planned: it is the same on those that share nothing.
        var algorithm = plan.Kernel!.Variant.Algorithm;
        var kernel = _sharedKernels[(int)request.DataType * ((int)BufferSharing.All + 1) + (int)sharing] ??= _kernels.CreateShared(request.DataType, WorldSize, sharing);
        plan = CallPlan.Of(kernel, request.InputLength, _policy.MaxBytes);
        var call = Describe(request, plan, CallProblem.None, ++_calls, inputStride, outputStride);
        ref var descriptor = ref _board.Request(_epoch + 1);
        descriptor.Algorithm = (byte)algorithm;
        descriptor.Sharing = sharing;
        _board.Placement(_epoch + 1) = placement;
        return call;
    }

    /// <summary>Rank 0 makes the memory and tells its name, the others map it, and all hear whether all could. Then the name goes.</summary>
    private SharedMemoryPart Allocate(in RankRequest request)
    {
        var stride = SharedMemoryPart.StrideOf(nint.Max(0, request.InputLength) * (long)request.ElementBytes);
        var segment = default(SharedSegment);
        var problem = string.Empty;
        try
        {
            if (Rank == 0 && request.InputLength >= 0)
            {
                segment = Attempt(() => SharedSegment.Create(stride * WorldSize, reserve: false), ref problem);
            }

            // Nobody has a negative length, if not all have the same.
            var names = Exchange(request, segment?.Path ?? string.Empty);
            ArgumentOutOfRangeException.ThrowIfNegative(request.InputLength, "elementCount");
            if (Rank != 0 && names[0].Length > 0)
            {
                segment = Attempt(() => SharedSegment.IsPath(names[0]) ? SharedSegment.Open(names[0], stride * WorldSize) : throw new IOException(names[0] + " is not shared memory."), ref problem);
            }

            if (segment is { } opened)
            {
                Attempt(() => { opened.Reserve(Rank * stride, stride); return opened; }, ref problem);
            }

            var problems = Exchange(request, problem);
            if (Array.FindIndex(problems, static text => text.Length > 0) is var culprit and >= 0)
            {
                throw new SharedMemoryException(
                    culprit,
                    "Rank " + Rank + " cannot allocate a shared buffer of " + request.InputLength + " elements: rank " + culprit + " cannot have the " + stride + " bytes of its part: " + problems[culprit]
                        + " Make room in /dev/shm (containers: --shm-size).");
            }

            segment!.MapNow();
            var part = new SharedMemoryPart(segment, _buffers.NextNumber(), Rank, stride);
            _buffers.Add(part);
            return part;
        }
        catch
        {
            segment?.Dispose();
            throw;
        }
        finally
        {
            if (Rank == 0)
            {
                segment?.RemoveName();
            }
        }
    }

    private static SharedSegment? Attempt(Func<SharedSegment> step, ref string problem)
    {
        try
        {
            return step();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <summary>Tells the peers a text, in a call that they compare as an allocation, and hears theirs.</summary>
    private string[] Exchange(in RankRequest allocation, string text)
    {
        const int RecordBytes = MaxTextBytes + sizeof(int);
        const int RecordElements = RecordBytes / sizeof(float);
        var records = stackalloc byte[(KernelGeometry.MaxWorldSize + 1) * RecordBytes];
        Encoding.UTF8.GetEncoder().Convert(text, new Span<byte>(records + sizeof(int), MaxTextBytes), flush: true, out _, out var bytes, out _);
        *(int*)records = bytes;

        _board.ThrowIfOver();
        var request = new RankRequest { Input = records, Output = records + RecordBytes, InputLength = RecordElements, OutputLength = RecordElements, DataType = DataType.Float32, Mode = QuantRegime.FP, ElementBytes = sizeof(float) };
        var plan = CallPlan.Of(GatherKernel(DataType.Float32, WorldSize * RecordElements), RecordElements, long.MaxValue);
        var call = Describe(request, plan, CallProblem.None, ++_calls);
        ref var descriptor = ref _board.Request(_epoch + 1);
        var described = CallDescriptor.Of(allocation, _calls, CallProblem.None);
        described.Kind = CallKind.Allocation;
        (described.ChunkElements, described.Hops) = (descriptor.ChunkElements, descriptor.Hops);
        descriptor = described;
        Run(ref call, request, plan, failure: null);

        var texts = new string[WorldSize];
        for (var rank = 0; rank < WorldSize; rank++)
        {
            var record = records + (1 + rank) * RecordBytes;
            texts[rank] = Encoding.UTF8.GetString(record + sizeof(int), int.Clamp(*(int*)record, 0, MaxTextBytes));
        }

        return texts;
    }

    private GatherRankKernel GatherKernel(DataType type, nint totalElements)
    {
        var kernel = _gathers[(int)type] ??= _kernels.CreateGather(type, WorldSize);
        kernel.TotalElements = totalElements;
        return kernel;
    }
}
