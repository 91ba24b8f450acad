using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using QuickReduce.Codecs;
using QuickReduce.Rendezvous.Mpi;

namespace QuickReduce.Collectives.Hosts;

/// <summary>
/// Adds up what one rank of every host has, through MPI: those with the same number on their hosts exchange with each other,
/// each a part of the message. MPI moves the elements; they are added here, in the order of the hosts.
/// </summary>
/// <remarks>As in two-shot, every host adds up a segment, and then all get all sums: each element crosses the network twice, whatever the number of hosts.</remarks>
internal sealed unsafe class HostExchange : IDisposable
{
    // Segments begin at cache lines in any element type.
    private const int Unit = 64;

    private readonly MpiLibrary _mpi;
    private readonly HostTopology _topology;
    private readonly nint _hosts;
    private byte* _scratch;
    private nint _scratchBytes;

    /// <summary>Connects the processes with this one's number on their hosts. All make this call.</summary>
    public HostExchange(MpiLibrary mpi, HostTopology topology)
    {
        _mpi = mpi;
        _topology = topology;
        _hosts = mpi.Split(mpi.World, topology.LocalRank, topology.Host);
    }

    /// <summary>Lets go of memory that was not disposed.</summary>
    ~HostExchange() => NativeMemory.AlignedFree(_scratch);

    /// <summary>Gives every host's process what each of them says of a call.</summary>
    public HostCall[] Agree(HostCall own)
    {
        var calls = new HostCall[_topology.HostCount];
        fixed (HostCall* received = calls)
        {
            _mpi.Allgather(_hosts, (byte*)&own, (byte*)received, Unsafe.SizeOf<HostCall>());
        }

        return calls;
    }

    /// <summary>Elements of the part that each of a host's ranks exchanges.</summary>
    public nint PartElements(nint elementCount) => RoundUp(elementCount, _topology.LocalCount);

    /// <summary>Adds up this rank's part of a message.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="message">The sums of this host.</param>
    /// <param name="elementCount">Elements of the message.</param>
    /// <returns>The sums of all hosts in this rank's part, valid until the next call.</returns>
    public byte* AddUp(DataType type, byte* message, nint elementCount)
    {
        var elementBytes = WireFormat.SizeOf(type);
        var part = PartElements(elementCount);
        var first = _topology.LocalRank * part;
        var count = nint.Clamp(elementCount - first, 0, part);
        var segment = RoundUp(part, _topology.HostCount);
        var segmentBytes = (int)segment * elementBytes;
        var bytes = (nint)segmentBytes * _topology.HostCount;
        Reserve(2 * bytes + segmentBytes);
        byte* own = _scratch, others = own + bytes, sum = others + bytes;

        Buffer.MemoryCopy(message + first * elementBytes, own, bytes, count * elementBytes);
        NativeMemory.Clear(own + count * elementBytes, (nuint)(bytes - count * elementBytes));
        _mpi.Alltoall(_hosts, own, others, segmentBytes);
        var inputs = stackalloc byte*[_topology.HostCount];
        for (var host = 0; host < _topology.HostCount; host++)
        {
            inputs[host] = others + (nint)host * segmentBytes;
        }

        FullPrecision.SumTo(sum, type, inputs, _topology.HostCount, (int)segment);
        _mpi.Allgather(_hosts, sum, own, segmentBytes);
        return own;
    }

    /// <summary>Disconnects; together with the other hosts' processes.</summary>
    public void Dispose()
    {
        _mpi.Free(_hosts);
        NativeMemory.AlignedFree(_scratch);
        _scratch = null;
        GC.SuppressFinalize(this);
    }

    private static nint RoundUp(nint elements, int parts) => ((elements + parts - 1) / parts + Unit - 1) / Unit * Unit;

    private void Reserve(nint bytes)
    {
        if (_scratchBytes < bytes)
        {
            NativeMemory.AlignedFree(_scratch);
            _scratch = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Unit);
            _scratchBytes = bytes;
        }
    }
}
