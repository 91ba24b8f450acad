using System.Numerics.Tensors;
using QuickReduce.Accuracy;

namespace QuickReduce.CodecStudy;

/// <summary>
/// An all-reduce with any codec, in two phases as the product's: every rank sends every segment to its owner, owners
/// add up in rank order and send the sum to all.
/// </summary>
/// <param name="worldSize">Number of ranks.</param>
/// <param name="codec">How elements travel; null for as they are.</param>
/// <param name="ownAsIs">
/// Whether an owner adds its own partial sums as they are, since they travel nowhere: error feedback that costs no byte.
/// </param>
internal sealed class SimulatedRanks(int worldSize, GroupCodec? codec, bool ownAsIs) : IDisposable
{
    // A multiple of every group size.
    private const int SegmentMultiple = 128;

    private readonly Barrier _barrier = new(worldSize);
    private readonly Half[][] _own = new Half[worldSize][];
    private readonly float[][] _sent = new float[worldSize][];
    private float[] _sums = [];

    /// <summary>Runs a function on every rank, each on a thread of its own.</summary>
    public void Run(Action<int, IPartialSums> body) => Task.WaitAll(
        [.. Enumerable.Range(0, worldSize).Select(rank => Task.Factory.StartNew(() => body(rank, new PartialSums(this, rank)), TaskCreationOptions.LongRunning))]);

    public void Dispose() => _barrier.Dispose();

    private void AllReduce(int rank, Span<float> partialSums)
    {
        _own[rank] = new Half[partialSums.Length];
        TensorPrimitives.ConvertToHalf(partialSums, _own[rank]);
        _sent[rank] = new float[partialSums.Length];
        TensorPrimitives.ConvertToSingle(_own[rank], _sent[rank]);
        PassGroups(_sent[rank]);
        if (rank == 0)
        {
            _sums = new float[partialSums.Length];
        }

        _barrier.SignalAndWait();
        var first = SegmentStart(rank, partialSums.Length);
        var length = SegmentStart(rank + 1, partialSums.Length) - first;
        var sums = _sums.AsSpan(first, length);
        for (var sender = 0; sender < worldSize; sender++)
        {
            var addend = _sent[sender].AsSpan(first, length);
            if (sender == rank && ownAsIs)
            {
                TensorPrimitives.ConvertToSingle(_own[rank].AsSpan(first, length), addend);
            }

            TensorPrimitives.Add(sums, addend, sums);
        }

        PassGroups(sums);
        _barrier.SignalAndWait();
        var rounded = _own[rank];
        TensorPrimitives.ConvertToHalf(_sums, rounded);
        TensorPrimitives.ConvertToSingle(rounded, partialSums);
        _barrier.SignalAndWait();
    }

    private int SegmentStart(int rank, int length) =>
        rank == worldSize ? length : (int)((long)length * rank / worldSize / SegmentMultiple * SegmentMultiple);

    private void PassGroups(Span<float> elements)
    {
        if (codec is null)
        {
            return;
        }

        for (var i = 0; i < elements.Length; i += codec.GroupSize)
        {
            codec.Pass(elements[i..int.Min(i + codec.GroupSize, elements.Length)]);
        }
    }

    private sealed class PartialSums(SimulatedRanks ranks, int rank) : IPartialSums
    {
        public void AllReduce(Span<float> partialSums) => ranks.AllReduce(rank, partialSums);
    }
}
