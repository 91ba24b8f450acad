using System.Runtime.Intrinsics.X86;
using QuickReduce.Codecs;

namespace QuickReduce.Devices.Processes;

/// <summary>
/// The all-reduce in full precision between processes. A rank's elements are copied to shared memory once; sums are
/// formed from there.
/// </summary>
/// <remarks>
/// <para>A region's part of a rank holds, with one hop, the chunk; with two, the peers' segments of it and, in the place of
/// the own segment, its sum.</para>
/// <para>Buffers that all ranks see are left where they are: inputs are read there, and sums written there, by the rank
/// whose segment it is. Then there are always two hops. The sums are the same, bit for bit.</para>
/// </remarks>
/// <param name="variant">The variant.</param>
/// <param name="rankStride">Bytes from one rank's part of a region to the next rank's.</param>
/// <param name="regionBytes">Bytes of a rank's part of a region.</param>
/// <param name="sharing">Which buffers all ranks see.</param>
internal sealed unsafe class FullPrecisionRankKernel(KernelVariant variant, nint rankStride, int regionBytes, BufferSharing sharing = BufferSharing.None)
    : RankKernel(variant, rankStride)
{
    // Bytes summed before they are written to the output, from the first-level cache.
    private const int BlockBytes = 2048;

    // The least that a segment is a multiple of: a cache line, in any element type.
    private const int Unit = 64;

    private const int CacheLine = 64;

    // A message of few chunks overlaps little: it has four, unless they would be so short that waits cost more.
    private const int UsualChunks = 4;
    private const int LeastChunkBytes = 128 * 1024;

    // One hop saves a wait and two hops save every rank the other ranks' sums.
    private const int OneHopBytes = 16 * 1024;

    // An output of this size does not stay in a second-level cache, and an ordinary store first reads the line.
    private const int BytesToWritePastCaches = 2 * 1024 * 1024;

    // Where nothing goes through regions, chunks are there for waits to end in time, and no call needs more memory for them.
    private const int SharedChunkBytes = 64 * 1024 * 1024;

    private readonly int _elementBytes = WireFormat.SizeOf(variant.DataType);
    private readonly int _worldSize = variant.WorldSize;
    private readonly bool _inputsAreShared = (sharing & BufferSharing.Inputs) != 0;
    private readonly bool _outputsAreShared = (sharing & BufferSharing.Outputs) != 0;

    public override int Hops(nint elementCount) => sharing == BufferSharing.None && elementCount * _elementBytes * (_worldSize - 1) <= OneHopBytes ? 1 : 2;

    public override int ChunkElements(nint elementCount)
    {
        if (sharing == BufferSharing.All)
        {
            return SharedChunkBytes / _elementBytes;
        }

        var segments = Hops(elementCount) == 1 ? 1 : _worldSize;
        var bytes = (int)nint.Clamp(elementCount * _elementBytes / UsualChunks, int.Min(LeastChunkBytes, regionBytes), regionBytes);
        return bytes / segments / _elementBytes / Unit * Unit * segments;
    }

    public override void Send(in RankCall call, in RankChunk chunk)
    {
        if (_inputsAreShared)
        {
            return;
        }

        var source = call.Input + chunk.First * _elementBytes;
        var target = chunk.Region + call.Rank * RankStride;
        if (call.Hops == 1)
        {
            Copy(source, target, chunk.Count);
            return;
        }

        var segments = new Segments(chunk.Count, _worldSize, Unit);
        for (var rank = 0; rank < _worldSize; rank++)
        {
            if (rank != call.Rank)
            {
                Copy(source + segments.First(rank) * _elementBytes, target + rank * segments.Length * _elementBytes, segments.Count(rank));
            }
        }
    }

    public override void Claim(in RankCall call, in RankChunk chunk)
    {
        var target = chunk.Region + call.Rank * RankStride;
        var bytes = chunk.Count * _elementBytes;
        for (nint offset = 0; offset < bytes; offset += CacheLine)
        {
            target[offset] = 0;
        }
    }

    public override void Reduce(in RankCall call, in RankChunk chunk)
    {
        var segments = new Segments(chunk.Count, _worldSize, Unit);
        var offset = (chunk.First + segments.First(call.Rank)) * _elementBytes;
        var inputs = stackalloc byte*[KernelGeometry.MaxWorldSize];
        for (var rank = 0; rank < _worldSize; rank++)
        {
            inputs[rank] = rank == call.Rank || _inputsAreShared
                ? call.Input + (rank - call.Rank) * call.InputStride + offset
                : chunk.Region + rank * RankStride + call.Rank * segments.Length * _elementBytes;
        }

        if (_outputsAreShared)
        {
            SumToAll(call, inputs, offset, segments.Count(call.Rank));
            return;
        }

        var result = chunk.Region + call.Rank * RankStride + call.Rank * segments.Length * _elementBytes;
        var pastCaches = PastCaches(call);
        var count = segments.Count(call.Rank);
        var block = BlockBytes / _elementBytes;
        for (nint done = 0; done < count; done += block)
        {
            var elements = (int)nint.Min(block, count - done);
            FullPrecision.SumTo(result, Variant.DataType, inputs, _worldSize, elements);
            Write(result, call.Output + offset + done * _elementBytes, elements, pastCaches);
            Advance(inputs, elements);
            result += elements * _elementBytes;
        }
    }

    public override void Receive(in RankCall call, in RankChunk chunk)
    {
        if (_outputsAreShared)
        {
            return;
        }

        var target = call.Output + chunk.First * _elementBytes;
        if (call.Hops == 1)
        {
            SumAll(chunk, target);
            return;
        }

        var segments = new Segments(chunk.Count, _worldSize, Unit);
        var pastCaches = PastCaches(call);
        for (var rank = 0; rank < _worldSize; rank++)
        {
            if (rank != call.Rank)
            {
                var sum = chunk.Region + rank * RankStride + rank * segments.Length * _elementBytes;
                Write(sum, target + segments.First(rank) * _elementBytes, segments.Count(rank), pastCaches);
            }
        }

        if (pastCaches)
        {
            // Before any other thread hears of the output.
            Thread.MemoryBarrier();
        }
    }

    /// <summary>Writes the sums of the own segment to every rank's output.</summary>
    private void SumToAll(in RankCall call, byte** inputs, nint offset, nint count)
    {
        var outputs = stackalloc byte*[KernelGeometry.MaxWorldSize];
        for (var rank = 0; rank < _worldSize; rank++)
        {
            outputs[rank] = call.Output + (rank - call.Rank) * call.OutputStride + offset;
        }

        FullPrecision.Sum(Variant.DataType, inputs, outputs, _worldSize, count, FullPrecision.IsStreaming(_worldSize, call.ElementCount * _elementBytes));
    }

    private void SumAll(in RankChunk chunk, byte* target)
    {
        // The own elements from shared memory too: in place, the output is the input.
        var inputs = stackalloc byte*[KernelGeometry.MaxWorldSize];
        for (var rank = 0; rank < _worldSize; rank++)
        {
            inputs[rank] = chunk.Region + rank * RankStride;
        }

        Prefetch(inputs, chunk.Count * _elementBytes);
        FullPrecision.SumTo(target, Variant.DataType, inputs, _worldSize, (int)chunk.Count);
    }

    /// <summary>Asks for all lines at once: summing alone has only as many on the way as the processor looks ahead.</summary>
    private void Prefetch(byte** inputs, nint bytes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        for (nint offset = 0; offset < bytes; offset += CacheLine)
        {
            for (var rank = 0; rank < _worldSize; rank++)
            {
                Sse.Prefetch0(inputs[rank] + offset);
            }
        }
    }

    private void Advance(byte** inputs, int elements)
    {
        for (var rank = 0; rank < _worldSize; rank++)
        {
            inputs[rank] += elements * _elementBytes;
        }
    }

    /// <summary>In place, the lines to write are in the cache already, and past it is the longer way.</summary>
    private bool PastCaches(in RankCall call) =>
        call.Input != call.Output && call.ElementCount * _elementBytes >= BytesToWritePastCaches;

    private void Write(byte* source, byte* target, nint elements, bool pastCaches)
    {
        if (pastCaches)
        {
            StreamingCopy.Run(source, target, elements * _elementBytes);
        }
        else
        {
            Copy(source, target, elements);
        }
    }

    private void Copy(byte* source, byte* target, nint elements) =>
        Buffer.MemoryCopy(source, target, elements * _elementBytes, elements * _elementBytes);
}
