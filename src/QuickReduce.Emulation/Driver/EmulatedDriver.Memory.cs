using QuickReduce.Devices.Gpu;
using QuickReduce.Emulation.Execution;
using QuickReduce.Emulation.Memory;

namespace QuickReduce.Emulation.Driver;

/// <content>Memory.</content>
internal sealed unsafe partial class EmulatedDriver
{
    public override nint Allocate(int device, nint bytes) => Allocate(device, bytes, "a buffer of device " + device);

    public override nint AllocateShared(int device, nint bytes) => Allocate(device, bytes, "a workspace of device " + device);

    public override void Free(int device, nint pointer)
    {
        if (!HasStopped)
        {
            RunUntil(() => IsIdle(device));
        }

        lock (_gate)
        {
            if (!Machine.Space.Free((ulong)pointer))
            {
                throw Invalid("allocation");
            }
        }
    }

    public override void CopyFromHost(int device, nint destination, void* source, nint bytes, nint stream)
    {
        if (bytes == 0)
        {
            return;
        }

        var copy = new ReadOnlySpan<byte>(source, checked((int)bytes)).ToArray();
        Enqueue(device, stream, () => Write((ulong)destination, copy));
    }

    public override void CopyToHost(int device, void* destination, nint source, nint bytes, nint stream)
    {
        if (bytes == 0)
        {
            return;
        }

        Enqueue(device, stream, () =>
        {
            var allocation = Require((ulong)source, (ulong)bytes, "copy to the host");
            var offset = (ulong)source - allocation.Address;
            var undefined = new ReadOnlySpan<byte>(allocation.Defined + offset, checked((int)bytes)).IndexOf((byte)0);
            if (undefined >= 0 && allocation.Name.StartsWith("a buffer", StringComparison.Ordinal))
            {
                throw new EmulationException(EmulationProblem.UndefinedValue, "The host reads byte " + (offset + (ulong)undefined) + " of " + allocation.Name + ", which nobody has written, or with something that is undefined.");
            }

            new ReadOnlySpan<byte>(allocation.Data + offset, (int)bytes).CopyTo(new Span<byte>(destination, (int)bytes));
        });
        SynchronizeStream(device, stream);
    }

    public override void Copy(int device, nint destination, nint source, nint bytes, nint stream) => Enqueue(device, stream, () =>
    {
        var from = Require((ulong)source, (ulong)bytes, "copy");
        var to = Require((ulong)destination, (ulong)bytes, "copy");
        var (start, end) = ((ulong)source - from.Address, (ulong)destination - to.Address);
        Buffer.MemoryCopy(from.Data + start, to.Data + end, bytes, bytes);
        Buffer.MemoryCopy(from.Defined + start, to.Defined + end, bytes, bytes);
        Machine.Memory.NoteChange();
    });

    public override void Fill(int device, nint destination, byte value, nint bytes, nint stream) => Enqueue(device, stream, () =>
    {
        var to = Require((ulong)destination, (ulong)bytes, "fill");
        new Span<byte>(to.Data + ((ulong)destination - to.Address), checked((int)bytes)).Fill(value);
        new Span<byte>(to.Defined + ((ulong)destination - to.Address), (int)bytes).Fill(1);
        Machine.Memory.NoteChange();
    });

    public override PointerInfo Inspect(nint pointer)
    {
        lock (_gate)
        {
            return Machine.Space.Find((ulong)pointer) is { IsFreed: false } allocation
                ? new PointerInfo(MemoryPlace.Device, allocation.Device, (nint)allocation.Address, (nint)allocation.Bytes)
                : new PointerInfo(MemoryPlace.Unknown, -1, 0, 0);
        }
    }

    public override IpcMemoryHandle ExportMemory(int device, nint allocation) => throw NoOtherProcesses();

    public override nint ImportMemory(int device, in IpcMemoryHandle handle) => throw NoOtherProcesses();

    public override void CloseImportedMemory(int device, nint pointer) => throw NoOtherProcesses();

    private nint Allocate(int device, nint bytes, string name)
    {
        lock (_gate)
        {
            if (bytes <= 0 || Machine.Space.AllocatedBytes + bytes > MemoryBytes)
            {
                throw new GpuException(GpuProblem.OutOfMemory, "The emulated devices have " + MemoryBytes + " bytes of memory together, of which " + Machine.Space.AllocatedBytes + " are taken; " + bytes + " more were asked for.");
            }

            return (nint)Machine.Space.Allocate(device, (ulong)bytes, name).Address;
        }
    }

    private void Write(ulong destination, byte[] bytes)
    {
        var to = Require(destination, (ulong)bytes.Length, "copy from the host");
        bytes.CopyTo(new Span<byte>(to.Data + (destination - to.Address), bytes.Length));
        new Span<byte>(to.Defined + (destination - to.Address), bytes.Length).Fill(1);
        Machine.Memory.NoteChange();
    }

    private Allocation Require(ulong address, ulong bytes, string access)
    {
        try
        {
            return Machine.Space.Require(address, bytes, access);
        }
        catch (Fault fault)
        {
            throw new EmulationException(fault.Problem, "The host asked for a " + fault.Message + ".", fault);
        }
    }

    private static GpuException NoOtherProcesses() => new(GpuProblem.NoPeerAccess, "The emulator's memory cannot be shared with other processes.");
}
