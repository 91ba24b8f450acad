using QuickReduce.Devices.Processes;

namespace QuickReduce.Collectives.Processes;

/// <summary>The shared buffers that a rank has, found by address. For one thread at a time.</summary>
internal sealed unsafe class SharedBuffers
{
    private SharedMemoryPart[] _parts = [];

    // Counts allocations, which all ranks make together: a number is never given twice.
    private uint _lastNumber;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _parts.Length == 0;

    /// <summary>The number of a buffer that all ranks are allocating.</summary>
    public uint NextNumber() => ++_lastNumber;

    /// <summary>Adds one; as long as it is here, it is not collected.</summary>
    public void Add(SharedMemoryPart part) => _parts = [.. _parts, part];

    /// <summary>Removes one, before its memory goes: another buffer may get its address.</summary>
    public void Remove(SharedMemoryPart part) => _parts = [.. _parts.Where(other => other != part)];

    /// <summary>Looks where a request's buffers lie.</summary>
    /// <param name="request">The request.</param>
    /// <param name="placement">What peers are to know of it.</param>
    /// <param name="inputStride">Bytes from one rank's input to the next rank's; 0 where it is private.</param>
    /// <param name="outputStride">The same of outputs.</param>
    public BufferSharing Find(in RankRequest request, out BufferPlacement placement, out nint inputStride, out nint outputStride)
    {
        var bytes = request.InputLength * request.ElementBytes;
        var input = Find(request.Input, bytes);
        var output = Find(request.Output, bytes);
        placement = new BufferPlacement(
            input?.Number ?? 0,
            output?.Number ?? 0,
            input is null ? 0 : request.Input - input.Start,
            output is null ? 0 : request.Output - output.Start);
        inputStride = input?.Stride ?? 0;
        outputStride = output?.Stride ?? 0;
        return (input is null ? BufferSharing.None : BufferSharing.Inputs) | (output is null ? BufferSharing.None : BufferSharing.Outputs);
    }

    private SharedMemoryPart? Find(byte* memory, nint bytes)
    {
        foreach (var part in _parts)
        {
            if (part.Holds(memory, bytes))
            {
                return part;
            }
        }

        return null;
    }
}
