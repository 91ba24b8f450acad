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

    /// <summary>Elements of a rank.</summary>
    public readonly ushort* Input(int rank) => (ushort*)_inputs[rank];

    /// <summary>Where a rank's sum goes.</summary>
    public readonly ushort* Output(int rank) => (ushort*)_outputs[rank];

    /// <summary>Sets the buffers of a rank.</summary>
    public void Set(int rank, ushort* input, ushort* output)
    {
        _inputs[rank] = (nint)input;
        _outputs[rank] = (nint)output;
    }

    [InlineArray(TwoShotGeometry.MaxWorldSize)]
    private struct Pointers
    {
        private nint _first;
    }
}
