using System.Runtime.InteropServices;

namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>A rank's message, its output, and before that the words by which its kernel is held.</summary>
internal sealed unsafe class HeldMemory : IDisposable
{
    private const int ControlBytes = 16;

    private readonly GpuDevice _device;
    private readonly GpuStream _control;
    private readonly DeviceBuffer<byte> _input;
    private readonly DeviceBuffer<byte> _output;
    private readonly int _count;

    public HeldMemory(GpuDevice device, int count)
    {
        _device = device;
        _count = count;
        Stream = device.CreateStream();
        _control = device.CreateStream();
        _input = device.Allocate<byte>(count * sizeof(ushort));
        _output = device.Allocate<byte>(ControlBytes + count * sizeof(ushort));
        Hold(0);
    }

    /// <summary>The stream of the rank's calls.</summary>
    public GpuStream Stream { get; }

    public nint Input => _input.Handle;

    public nint Output => _output.Handle + ControlBytes;

    /// <summary>Whether the rank's kernel is held.</summary>
    public bool IsHeld(uint moment)
    {
        var words = stackalloc uint[2];
        _device.Driver.CopyToHost(_device.Index, words, _output.Handle, 2 * sizeof(uint), _control.Handle);
        _control.Synchronize();
        return words[1] == moment;
    }

    /// <summary>Asks for the next kernel, or the one that runs, to be held at a moment; 0 lets it go on.</summary>
    public void Hold(uint moment)
    {
        var words = stackalloc uint[] { moment, 0 };
        _device.Driver.CopyFromHost(_device.Index, _output.Handle, words, 2 * sizeof(uint), _control.Handle);
        _control.Synchronize();
    }

    public void Write(Half[] message)
    {
        fixed (Half* source = message)
        {
            _device.Driver.CopyFromHost(_device.Index, Input, source, message.Length * sizeof(Half), Stream.Handle);
            Stream.Synchronize();
        }
    }

    /// <summary>Spoils the output, so that a call which writes nothing is found out.</summary>
    public void SpoilOutput() => _device.Driver.Fill(_device.Index, Output, byte.MaxValue, _count * sizeof(ushort), Stream.Handle);

    /// <summary>Allocates some memory and frees it, for which drivers wait until no kernel of the device runs.</summary>
    public void FreeSome() => _device.Allocate<byte>(ControlBytes).Dispose();

    /// <summary>Whether the output is a sum, bit for bit.</summary>
    public bool Holds(Half[] sum)
    {
        var actual = new Half[sum.Length];
        fixed (Half* destination = actual)
        {
            _device.Driver.CopyToHost(_device.Index, destination, Output, sum.Length * sizeof(Half), Stream.Handle);
            Stream.Synchronize();
        }

        return MemoryMarshal.AsBytes(actual.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(sum.AsSpan()));
    }

    public void Dispose()
    {
        Stream.Dispose();
        _control.Dispose();
        _input.Dispose();
        _output.Dispose();
    }
}
