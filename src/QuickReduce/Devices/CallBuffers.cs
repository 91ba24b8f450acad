using System.Runtime.CompilerServices;

namespace QuickReduce.Devices;

/// <summary>
/// The buffers of one all-reduce: those of every rank, all of one length, validated and pinned for as long as the
/// call lasts. An input may be its own rank's output; otherwise no output overlaps anything.
/// </summary>
internal unsafe struct CallBuffers
{
    private Pointers _inputs;
    private Pointers _outputs;

    /// <summary>Elements in every buffer.</summary>
    public nint ElementCount { get; set; }

    /// <summary>Bytes of one element.</summary>
    public int ElementBytes { get; set; }

    /// <summary>Elements of a rank.</summary>
    public readonly byte* Input(int rank) => (byte*)_inputs[rank];

    /// <summary>Where a rank's sum goes.</summary>
    public readonly byte* Output(int rank) => (byte*)_outputs[rank];

    /// <summary>Sets the buffers of a rank.</summary>
    public void Set(int rank, byte* input, byte* output)
    {
        _inputs[rank] = (nint)input;
        _outputs[rank] = (nint)output;
    }

    [InlineArray(KernelGeometry.MaxWorldSize)]
    private struct Pointers
    {
        private nint _first;
    }
}
