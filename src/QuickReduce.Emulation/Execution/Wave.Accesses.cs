using QuickReduce.Emulation.Memory;

namespace QuickReduce.Emulation.Execution;

/// <content>What the wave has in flight, and the counters that it waits on.</content>
internal sealed unsafe partial class Wave
{
    private readonly Queue<MemoryAccess> _vectorAccesses = [];
    private readonly Queue<ShortAccess> _shortAccesses = [];
    private readonly byte[] _awaitedVectors = new byte[512];
    private readonly byte[] _awaitedScalars = new byte[ScalarRegisters];
    private int _awaited;

    /// <summary>Whether a load is yet to fill a register.</summary>
    public bool HasAccessesInFlight => _awaited > 0;

    /// <summary>Counts a vector memory access as in flight (<c>vmcnt</c>).</summary>
    public void Enqueue(MemoryAccess access)
    {
        _vectorAccesses.Enqueue(access);
        Await(_awaitedVectors, access.DestinationWords == 0 ? 0 : Number(access.Instruction.Destination, access.Instruction.IsAccumulator), access.DestinationWords, 1);
    }

    /// <summary>Counts a scalar or LDS access as in flight (<c>lgkmcnt</c>).</summary>
    /// <param name="isScalar">Whether it is a scalar one: they finish in any order.</param>
    /// <param name="register">First register that it fills, of all that are allocated.</param>
    /// <param name="words">How many.</param>
    public void Enqueue(bool isScalar, int register, int words)
    {
        _shortAccesses.Enqueue(new ShortAccess(isScalar, register, words));
        Await(isScalar ? _awaitedScalars : _awaitedVectors, register, words, 1);
    }

    /// <summary>The registers of a load, which may be those of one before it.</summary>
    public uint* LoadTarget(int register, bool isAccumulator) => _vector + Number(register, isAccumulator) * Lanes;

    /// <summary>Waits until no more than so many accesses are in flight, as the immediate of <c>s_waitcnt</c> says.</summary>
    public void Wait(int immediate)
    {
        var vectors = (immediate & 0xf) | (immediate >> 10 & 0x30);
        while (_vectorAccesses.Count > vectors)
        {
            Finish(_vectorAccesses.Dequeue());
        }

        // With a scalar load in flight, only zero says which has arrived.
        var shorts = immediate >> 8 & 0xf;
        while (_shortAccesses.Count > shorts && (shorts == 0 || !_shortAccesses.Any(static access => access.IsScalar)))
        {
            var access = _shortAccesses.Dequeue();
            Await(access.IsScalar ? _awaitedScalars : _awaitedVectors, access.Register, access.Words, -1);
        }
    }

    /// <summary>Lets go of what is in flight when the wave ends; its stores stay pending.</summary>
    public void AbandonAccesses()
    {
        while (_vectorAccesses.TryDequeue(out var access))
        {
            Workgroup.Dispatch.Machine.Memory.Abandon(access);
        }
    }

    private void Finish(MemoryAccess access)
    {
        var (register, words) = (access.DestinationWords == 0 ? 0 : Number(access.Instruction.Destination, access.Instruction.IsAccumulator), access.DestinationWords);
        Workgroup.Dispatch.Machine.Memory.Finish(access);
        Await(_awaitedVectors, register, words, -1);
    }

    private void Await(byte[] awaited, int register, int words, int change)
    {
        _awaited += words * change;
        for (; words > 0; words--, register++)
        {
            awaited[register] = (byte)(awaited[register] + change);
        }
    }

    private void RequireArrived(int register, bool isScalar)
    {
        if ((isScalar ? _awaitedScalars : _awaitedVectors)[register] != 0)
        {
            throw new Fault(EmulationProblem.MissingWait, "register " + (isScalar ? "s" : "v") + register + " is used before the s_waitcnt for the load that fills it");
        }
    }

    private readonly record struct ShortAccess(bool IsScalar, int Register, int Words);
}
