using QuickReduce.Codecs;
using QuickReduce.Collectives.Gpu;
using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Gpu;

/// <summary>
/// Measures the codecs of all quantised regimes without an all-reduce around them: kernels that encode, or decode, one large
/// message, against a plain copy in the same process. What is missing to the copy's rate is what the codec's instructions cost.
/// </summary>
internal sealed unsafe class CodecBench : IDisposable
{
    private const long MessageBytes = 1L << 30;
    private const int CheckedRows = 64;
    private const int WarmUps = 2;
    private const int Replays = 21;

    private readonly GpuDevice _device;
    private readonly Watchdog _watchdog;
    private readonly TextWriter _output;
    private readonly GpuModules _modules;
    private readonly GpuStream _stream;
    private readonly DeviceBuffer<byte> _message;
    private readonly DeviceBuffer<byte> _wire;
    private readonly DeviceBuffer<byte> _decoded;

    public CodecBench(GpuDevice device, Watchdog watchdog, TextWriter output)
    {
        (_device, _watchdog, _output) = (device, watchdog, output);
        _modules = new GpuModules(CodecKernels.CodecKernels.Kernels, new CodeSource(CodecKernels.CodecKernels.Kernels, AppContext.BaseDirectory, compiles: false, cache: null));
        _stream = device.CreateStream();
        _message = device.Allocate<byte>(MessageBytes);
        _wire = device.Allocate<byte>(MessageBytes);
        _decoded = device.Allocate<byte>(MessageBytes);
    }

    /// <summary>What a launch does; as a number, the rank that does it.</summary>
    private enum Direction
    {
        Encode,
        Decode,
    }

    /// <summary>Measures every codec both ways.</summary>
    public List<CodecRecord> Run()
    {
        List<CodecRecord> records = [];
        foreach (var type in new[] { DataType.Float16, DataType.BFloat16 })
        {
            _watchdog.Begin("copy ceiling", null);
            var copy = 2.0 * MessageBytes / PlainCode.TimeCopies([_device], MessageBytes, toNext: false).Median / 1e3;
            _output.WriteLine();
            _output.WriteLine($"{_device}: a copy of 1 GiB reads and writes {copy:F0} GB/s");
            _output.WriteLine("dtype    regime              direction  time µs       p10       p90     GB/s  of copy  bits");
            Fill(type);
            foreach (var variant in CodecKernels.CodecKernels.Kernels.Variants.Where(variant => variant.DataType == type))
            {
                // What is decoded is what was encoded just before.
                foreach (var direction in Enum.GetValues<Direction>())
                {
                    records.Add(Measure(variant, direction, copy));
                }
            }
        }

        return records;
    }

    public void Dispose()
    {
        _modules.Dispose();
        foreach (var resource in new GpuResource[] { _message, _wire, _decoded, _stream })
        {
            resource.Dispose();
        }
    }

    private CodecRecord Measure(KernelVariant variant, Direction direction, double copy)
    {
        _watchdog.Begin($"{variant}, {direction}", null);
        var function = _modules.Function(_device, variant);
        var codec = RowCodec.For(variant.DataType, variant.Mode);
        var rows = MessageBytes / (RowCodec.ElementsPerRow * sizeof(ushort));
        var (source, destination) = direction == Direction.Decode ? (_wire, _decoded) : (_message, _wire);
        var arguments = new AllReduceArguments { Input = source.Handle, Output = destination.Handle, Rank = (uint)direction };
        var blocks = (int)(rows / variant.AtomsPerThread);
        destination.Fill(0xFF, _stream);
        _stream.Synchronize();
        var time = GraphTimer.Time(_stream, WarmUps, Replays, calls: 1, () =>
        {
            var call = arguments;
            var parameters = (void*)&call;
            _device.Driver.Launch(_device.Index, function, blocks, variant.BlockSize, _stream.Handle, &parameters, cooperative: false);
        }, [_stream]);

        var wireBytes = rows * codec.RowBytes;
        var bandwidth = (MessageBytes + wireBytes) / time.Median / 1e3;
        var record = new CodecRecord(
            _device.Name, ProcessEnvironment.Machine, ProcessEnvironment.DriverVersion(_device.Kind), KernelVariant.NameOf(variant.DataType), KernelVariant.NameOf(variant.Mode),
            direction == Direction.Encode ? "encode" : "decode", MessageBytes, wireBytes, time.Median, time.P10, time.P90, bandwidth, copy, bandwidth / copy, IsCorrect(codec, direction, rows));
        _output.WriteLine($"{record.Dtype,-8} {record.Regime,-19} {record.Direction,-9} {time.Median,8:F1} {time.P10,9:F1} {time.P90,9:F1} {bandwidth,8:F0} {record.FractionOfCopy,8:P1}  {(record.BitIdentical ? "same" : "DIFFER")}");
        return record;
    }

    private bool IsCorrect(RowCodec codec, Direction direction, long rows)
    {
        const int elementRowBytes = RowCodec.ElementsPerRow * sizeof(ushort);
        foreach (var first in new[] { 0, rows - CheckedRows })
        {
            var wire = Read(_wire, first * codec.RowBytes, CheckedRows * codec.RowBytes);
            var elements = Read(direction == Direction.Decode ? _decoded : _message, first * elementRowBytes, CheckedRows * elementRowBytes);
            var expected = new byte[direction == Direction.Decode ? elements.Length : wire.Length];
            fixed (byte* wireStart = wire, elementStart = elements, expectedStart = expected)
            {
                for (var row = 0; row < CheckedRows; row++)
                {
                    if (direction == Direction.Decode)
                    {
                        codec.Decode(wireStart + row * codec.RowBytes, (ushort*)(expectedStart + row * elementRowBytes), RowCodec.ElementsPerRow);
                    }
                    else
                    {
                        codec.Encode((ushort*)(elementStart + row * elementRowBytes), RowCodec.ElementsPerRow, expectedStart + row * codec.RowBytes);
                    }
                }
            }

            if (!expected.AsSpan().SequenceEqual(direction == Direction.Decode ? elements : wire))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Fills the message with numbers as partial sums have them, a pattern repeated.</summary>
    private void Fill(DataType type)
    {
        var pattern = Messages.Gaussian(new Random(1), type, 1 << 20);
        fixed (byte* source = pattern)
        {
            for (var offset = 0L; offset < MessageBytes; offset += pattern.Length)
            {
                _device.Driver.CopyFromHost(_device.Index, _message.Handle + (nint)offset, source, pattern.Length, _stream.Handle);
            }

            _stream.Synchronize();
        }
    }

    private byte[] Read(DeviceBuffer<byte> memory, long offset, int bytes)
    {
        var result = new byte[bytes];
        fixed (byte* destination = result)
        {
            _device.Driver.CopyToHost(_device.Index, destination, memory.Handle + (nint)offset, bytes, _stream.Handle);
            _stream.Synchronize();
        }

        return result;
    }
}
