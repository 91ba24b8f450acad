using QuickReduce.Emulation.Execution;
using QuickReduce.Emulation.Memory;

namespace QuickReduce.Emulation.Scheduling;

/// <summary>A workgroup that is resident: its waves, their shared memory, and what they have stored that nobody else sees.</summary>
internal sealed unsafe class Workgroup : IDisposable
{
    public Workgroup(Dispatch dispatch, int index)
    {
        Dispatch = dispatch;
        Index = index;
        Lds = new LdsMemory(dispatch.Kernel.Descriptor.GroupSegmentBytes);
        Waves = new Wave[(dispatch.BlockSize + Wave.Lanes - 1) / Wave.Lanes];
        for (var i = 0; i < Waves.Length; i++)
        {
            Waves[i] = new Wave(this, i, dispatch.Machine.Random.Bits());
            Start(Waves[i]);
        }
    }

    public Dispatch Dispatch { get; }

    /// <summary>Its number within the grid.</summary>
    public int Index { get; }

    public Wave[] Waves { get; }

    public LdsMemory Lds { get; }

    /// <summary>Accesses that are yet to be done, in the order of their issue.</summary>
    public List<MemoryAccess> Pending { get; } = [];

    public bool HasEnded => Array.TrueForAll(Waves, static wave => wave.State == WaveState.Ended);

    /// <summary>Lets the waves go on if all that have not ended have come to the barrier; says whether they do.</summary>
    public bool ReleaseBarrier()
    {
        if (Array.Exists(Waves, static wave => wave.State == WaveState.Running))
        {
            return false;
        }

        foreach (var wave in Waves)
        {
            if (wave.State == WaveState.AtBarrier)
            {
                wave.State = WaveState.Running;
            }
        }

        return true;
    }

    public void Dispose()
    {
        foreach (var wave in Waves)
        {
            wave.Dispose();
        }

        Lds.Dispose();
    }

    /// <summary>
    /// What the hardware sets before a wave's first instruction (LLVM, "User Guide for AMDGPU Backend", Initial Kernel
    /// Execution State).
    /// </summary>
    private void Start(Wave wave)
    {
        const ulong Nothing = 0;
        var (kernel, descriptor) = (Dispatch.Kernel, Dispatch.Kernel.Descriptor);
        var lanes = int.Min(Wave.Lanes, Dispatch.BlockSize - wave.Index * Wave.Lanes);
        wave.SetScalarPair(Wave.ExecRegister, lanes == Wave.Lanes ? ulong.MaxValue : (1ul << lanes) - 1, ulong.MaxValue);
        wave.ProgramCounter = kernel.Entry;
        var next = 0;
        Pair(descriptor.HasPrivateSegmentBuffer, Nothing);
        Pair(descriptor.HasPrivateSegmentBuffer, Nothing);
        Pair(descriptor.HasDispatchPointer, Dispatch.PacketAddress);
        Pair(descriptor.HasQueuePointer, Nothing);
        Pair(descriptor.HasArgumentPointer, Dispatch.ArgumentAddress);
        Pair(descriptor.HasDispatchId, (ulong)Dispatch.Number);
        Pair(descriptor.HasFlatScratch, Nothing);
        Single(descriptor.HasPrivateSegmentSize, 0);
        Single(descriptor.HasWorkgroupId(0), (uint)Index);
        Single(descriptor.HasWorkgroupId(1), 0);
        Single(descriptor.HasWorkgroupId(2), 0);
        Single(descriptor.HasWorkgroupInfo, 0);
        var numbers = wave.VectorRegister(0);
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            numbers[lane] = (uint)(wave.Index * Wave.Lanes + lane);
        }

        wave.Define(0, false, wave.Exec, ulong.MaxValue);

        void Pair(bool isWanted, ulong value)
        {
            if (isWanted)
            {
                wave.SetScalarPair(next, value, ulong.MaxValue);
                next += 2;
            }
        }

        void Single(bool isWanted, uint value)
        {
            if (isWanted)
            {
                wave.SetScalar(next++, value, uint.MaxValue);
            }
        }
    }
}
