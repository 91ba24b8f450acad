using QuickReduce.Codecs;

namespace QuickReduce.Devices.Processes;

/// <summary>
/// The quantised all-reduces between processes: rows are encoded into shared memory, decoded and reduced from there.
/// </summary>
/// <remarks>
/// One-shot takes one hop, and so does a short message in two-shot: then every rank does what its owner would do with a
/// segment, for all segments, and comes to the same bits. A region's part of a rank holds the rows of the whole chunk, segment by segment, and then
/// those of the own segment's sum.
/// </remarks>
internal sealed unsafe class QuantizedRankKernel(KernelVariant variant, RowCodec codec, nint rankStride, int regionBytes)
    : RankKernel(variant, rankStride)
{
    private const int Row = RowCodec.ElementsPerRow;
    private const int RowAlignment = 64;

    // One hop saves a wait, and costs every rank the other ranks' reductions.
    private const int OneHopElements = 8 * Row;

    private readonly int _worldSize = variant.WorldSize;
    private readonly bool _isOneShot = variant.Algorithm == AllReduceAlgorithm.OneShot;
    private readonly int _rowBytes = (codec.RowBytes + RowAlignment - 1) / RowAlignment * RowAlignment;

    public override int Hops(nint elementCount) => _isOneShot || elementCount * (_worldSize - 1) <= OneHopElements ? 1 : 2;

    public override int ChunkElements(nint elementCount)
    {
        var rows = regionBytes / _rowBytes;
        return Hops(elementCount) == 1 ? rows * Row : rows / (_worldSize + 1) * _worldSize * Row;
    }

    public override void Send(in RankCall call, in RankChunk chunk)
    {
        var source = (ushort*)call.Input + chunk.First;
        var row = chunk.Region + call.Rank * RankStride;
        for (nint done = 0; done < chunk.Count; done += Row, row += _rowBytes)
        {
            codec.Encode(source + done, (int)nint.Min(Row, chunk.Count - done), row);
        }
    }

    public override void Reduce(in RankCall call, in RankChunk chunk)
    {
        var segments = new Segments(chunk.Count, _worldSize, Row);
        var copies = chunk.Region + segments.First(call.Rank) / Row * _rowBytes;
        var result = Sums(chunk, segments, call.Rank);
        var count = segments.Count(call.Rank);
        for (nint done = 0; done < count; done += Row, copies += _rowBytes, result += _rowBytes)
        {
            codec.Reduce(copies, RankStride, _worldSize, (int)nint.Min(Row, count - done), result);
        }
    }

    public override void Receive(in RankCall call, in RankChunk chunk)
    {
        var target = (ushort*)call.Output + chunk.First;
        if (call.Hops == 1)
        {
            ReduceAll(chunk, target);
            return;
        }

        var segments = new Segments(chunk.Count, _worldSize, Row);
        for (var rank = 0; rank < _worldSize; rank++)
        {
            var row = Sums(chunk, segments, rank);
            var count = segments.Count(rank);
            for (nint done = 0; done < count; done += Row, row += _rowBytes)
            {
                codec.Decode(row, target + segments.First(rank) + done, (int)nint.Min(Row, count - done));
            }
        }
    }

    private byte* Sums(in RankChunk chunk, in Segments segments, int rank) =>
        chunk.Region + rank * RankStride + _worldSize * (segments.Length / Row) * _rowBytes;

    private void ReduceAll(in RankChunk chunk, ushort* target)
    {
        var sum = stackalloc byte[_rowBytes + RowAlignment];
        sum += -(nint)sum & (RowAlignment - 1);
        var copies = chunk.Region;
        for (nint done = 0; done < chunk.Count; done += Row, copies += _rowBytes)
        {
            var elements = (int)nint.Min(Row, chunk.Count - done);
            if (_isOneShot)
            {
                codec.Sum(copies, RankStride, _worldSize, target + done, elements);
                continue;
            }

            codec.Reduce(copies, RankStride, _worldSize, elements, sum);
            codec.Decode(sum, target + done, elements);
        }
    }
}
