namespace QuickReduce.Emulation.Scheduling;

/// <summary>A grid of a kernel on a device: which of its workgroups are to come, and which are resident.</summary>
internal sealed class Dispatch(Machine machine, LoadedKernel kernel, int device, int blocks, int blockSize, int number)
{
    public Machine Machine { get; } = machine;

    public LoadedKernel Kernel { get; } = kernel;

    public int Device { get; } = device;

    public int Blocks { get; } = blocks;

    public int BlockSize { get; } = blockSize;

    /// <summary>The how manieth of the machine it is.</summary>
    public int Number { get; } = number;

    /// <summary>Where its arguments lie.</summary>
    public ulong ArgumentAddress { get; init; }

    /// <summary>Where the packet lies that describes it to the kernel.</summary>
    public ulong PacketAddress { get; init; }

    /// <summary>The workgroup that becomes resident next.</summary>
    public int NextBlock { get; set; }

    public int EndedBlocks { get; set; }

    /// <summary>Workgroups that have ended, of which stores may still be on their way.</summary>
    public List<Workgroup> Finished { get; } = [];

    /// <summary>Share of the device's room that a workgroup takes.</summary>
    public double RoomOfBlock { get; init; }

    /// <summary>The machine's clock before which none of its waves goes on.</summary>
    public long StalledUntil { get; set; }

    public bool IsComplete => EndedBlocks == Blocks;
}
