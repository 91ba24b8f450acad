using QuickReduce.Devices;

namespace QuickReduce.Collectives;

/// <summary>
/// The work of one all-reduce, cut into chunks that any number of threads take one after the other. One piece of work at
/// a time; it is over when the last thread in it leaves, and that thread says so.
/// </summary>
/// <remarks>
/// No thread waits for another here: whoever finds no chunk left closes the work and leaves. Results do not depend on who
/// takes which chunk.
/// </remarks>
internal sealed unsafe class SharedWork
{
    // Members: bits 0–15 threads in the work now, bits 16–31 threads that ever joined, bit 32 open.
    private const long Open = 1L << 32;
    private const long OneMember = (1L << 16) + 1;
    private const int JoinedShift = 16;
    private const long CountMask = 0xFFFF;

    // Chunks are small enough to even out threads that come late, and large enough for the memory's prefetchers.
    private const int ChunksPerThread = 4;
    private const int MaxChunkElements = 64 * 1024;

    private readonly Device _device;
    private readonly ScratchMemory?[] _scratch;
    private VariantKernel? _kernel;
    private CallBuffers _call;
    private nint _chunkElements;
    private Exception? _exception;
    private PaddedCounter _members;
    private PaddedCounter _nextChunk;

    /// <summary>Creates the work of a group.</summary>
    /// <param name="device">The group's device.</param>
    /// <param name="maxThreads">Most threads that may join.</param>
    public SharedWork(Device device, int maxThreads)
    {
        _device = device;
        _scratch = new ScratchMemory?[maxThreads];
    }

    /// <summary>Most threads that can be in the work at once.</summary>
    public int MaxThreads => _scratch.Length;

    /// <summary>Runs a whole message on the calling thread, without sharing.</summary>
    /// <param name="kernel">What runs it.</param>
    /// <param name="call">The message.</param>
    /// <param name="maxElements">Most elements that the kernel gets at once.</param>
    public void RunAlone(VariantKernel kernel, in CallBuffers call, nint maxElements)
    {
        var scratch = Scratch(0);
        var chunk = WholeSteps(kernel, maxElements);
        for (nint first = 0; first < call.ElementCount; first += chunk)
        {
            kernel.Run(call, first, nint.Min(chunk, call.ElementCount - first), scratch);
        }
    }

    /// <summary>Opens the work for others. The caller is its first member, number 0.</summary>
    /// <param name="kernel">What runs it.</param>
    /// <param name="call">The message.</param>
    /// <param name="maxElements">Most elements that the kernel gets at once.</param>
    public void Share(VariantKernel kernel, in CallBuffers call, nint maxElements)
    {
        _ = Scratch(0);
        _kernel = kernel;
        _call = call;
        _exception = null;
        // A step of a kernel with many atoms per thread can itself be longer than a chunk should be.
        _chunkElements = WholeSteps(kernel, nint.Min(nint.Min(call.ElementCount / (MaxThreads * ChunksPerThread), MaxChunkElements), maxElements));
        _nextChunk.Value = 0;
        Volatile.Write(ref _members.Value, Open | OneMember);
    }

    /// <summary>Joins work that is open and has room.</summary>
    /// <param name="member">Number of the new member, unlike any other of this work.</param>
    public bool TryJoin(out int member)
    {
        while (true)
        {
            var members = Volatile.Read(ref _members.Value);
            member = (int)((members >> JoinedShift) & CountMask);
            if ((members & Open) == 0 || member >= MaxThreads)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _members.Value, members + OneMember, members) == members)
            {
                return true;
            }
        }
    }

    /// <summary>Takes chunks until none is left, then leaves.</summary>
    /// <param name="member">What <see cref="TryJoin"/> gave.</param>
    /// <param name="failure">For the last one out: why the work failed, or null.</param>
    /// <returns>Whether this was the last member: the work is over.</returns>
    public bool RunAndLeave(int member, out CallFailure? failure)
    {
        try
        {
            Run(Scratch(member));
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _exception, exception, null);
        }

        failure = null;
        while (true)
        {
            var members = Volatile.Read(ref _members.Value);
            if (Interlocked.CompareExchange(ref _members.Value, (members & ~Open) - 1, members) != members)
            {
                continue;
            }

            if ((members & CountMask) != 1)
            {
                return false;
            }

            failure = _exception is { } thrown ? Failure(_kernel!.Variant.ToString(), thrown) : null;
            return true;
        }
    }

    /// <summary>The failure that a kernel's exception means for the ranks.</summary>
    public static CallFailure Failure(string variant, Exception exception) => new(rank => new KernelFailedException(
        CallFailure.Addressee(rank) + ": the kernel of " + variant + " failed: " + exception.Message + " Outputs may have been written in part.", exception));

    /// <summary>Frees the threads' scratch memory. No work may be running.</summary>
    public void Release()
    {
        foreach (var scratch in _scratch)
        {
            scratch?.Dispose();
        }

        Array.Clear(_scratch);
    }

    private static nint WholeSteps(VariantKernel kernel, nint elements) =>
        nint.Max(1, elements / kernel.StepElements) * kernel.StepElements;

    private void Run(byte* scratch)
    {
        while (true)
        {
            var first = (nint)(Interlocked.Increment(ref _nextChunk.Value) - 1) * _chunkElements;
            if (first >= _call.ElementCount)
            {
                return;
            }

            _kernel!.Run(_call, first, nint.Min(_chunkElements, _call.ElementCount - first), scratch);
        }
    }

    private byte* Scratch(int member) => (_scratch[member] ??= new ScratchMemory(_device)).Memory;

    private struct PaddedCounter
    {
#pragma warning disable CS0169, IDE0051 // Only their size matters.
        private CacheLinePadding _before;
        public long Value;
        private CacheLinePadding _after;
#pragma warning restore CS0169, IDE0051
    }
}
