using System.Globalization;
using System.Runtime.InteropServices;

namespace QuickReduce.Emulation.Trials;

/// <summary>The calls of a trial: their buffers and streams, on every rank, and the graph of all of them.</summary>
internal sealed class TrialCalls<T> : IDisposable
    where T : unmanaged
{
    private readonly KernelVariant _variant;
    private readonly GpuGroup _group;
    private readonly GpuStream[] _streams;
    private readonly DeviceBuffer<T>[][] _inputs;
    private readonly DeviceBuffer<T>[][] _outputs;
    private GpuGraph? _graph;

    public TrialCalls(EmulatedMachine machine, KernelSet set, KernelVariant variant, string directory, int maxBlocks, IReadOnlyList<int> sizes, bool inPlace)
    {
        _variant = variant;
        Sizes = sizes;
        GpuDevice[] devices = [.. Enumerable.Range(0, variant.WorldSize).Select(rank => machine.Devices[rank % machine.Devices.Count])];
        _group = GpuGroup.Create(set, variant.WorldSize, new GpuGroupOptions
        {
            Devices = devices,
            LibraryDirectory = directory,
            Algorithm = variant.Algorithm,
            MaxBlocks = maxBlocks,
            Timeout = Timeout.InfiniteTimeSpan,
        });
        _streams = [.. devices.Select(static device => device.CreateStream())];
        _inputs = [.. sizes.Select(size => devices.Select(device => device.Allocate<T>(size)).ToArray())];
        _outputs = inPlace ? _inputs : [.. sizes.Select(size => devices.Select(device => device.Allocate<T>(size)).ToArray())];
    }

    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Writes the messages of all calls; nothing runs while it does.</summary>
    public void Write(T[][][] messages)
    {
        for (var call = 0; call < messages.Length; call++)
        {
            for (var rank = 0; rank < _streams.Length; rank++)
            {
                _inputs[call][rank].CopyFrom(messages[call][rank], _streams[rank]);
            }
        }
    }

    /// <summary>Enqueues all calls on every rank's stream, one rank after the other.</summary>
    public void Enqueue()
    {
        for (var rank = 0; rank < _streams.Length; rank++)
        {
            for (var call = 0; call < Sizes.Count; call++)
            {
                _group[rank].AllReduce(_inputs[call][rank], _outputs[call][rank], _variant.Mode, _streams[rank]);
            }
        }
    }

    /// <summary>The same as a graph, captured the first time.</summary>
    public void Replay()
    {
        _graph ??= GpuGraph.Capture(_streams, Enqueue);
        _graph.Launch(_streams[0]);
        _streams[0].Synchronize();
    }

    /// <summary>Waits for a call and says where a rank's result differs; null for nowhere.</summary>
    public string? Difference(int call, T[] expected)
    {
        var actual = new T[expected.Length];
        for (var rank = 0; rank < _streams.Length; rank++)
        {
            _outputs[call][rank].CopyTo(actual, _streams[rank]);
            var bytes = MemoryMarshal.AsBytes(actual.AsSpan());
            if (bytes.CommonPrefixLength(MemoryMarshal.AsBytes(expected.AsSpan())) is var same && same < bytes.Length)
            {
                var element = same / (bytes.Length / actual.Length);
                return string.Create(CultureInfo.InvariantCulture, $"rank {rank} has {actual[element]} and not {expected[element]} as element {element} of {expected.Length}.");
            }
        }

        return null;
    }

    public void Dispose()
    {
        _graph?.Dispose();
        _group.Dispose();
        foreach (var resource in _inputs.Concat(_outputs).SelectMany(static buffers => buffers).Concat<GpuResource>(_streams))
        {
            resource.Dispose();
        }
    }
}
