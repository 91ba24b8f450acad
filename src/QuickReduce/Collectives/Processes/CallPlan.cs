using QuickReduce.Devices.Processes;

namespace QuickReduce.Collectives.Processes;

/// <summary>How a message is cut and what runs it. Depends on nothing but what a call asks for.</summary>
/// <param name="Kernel">What runs it; null where the call cannot be made, which the peers must be told.</param>
/// <param name="Hops">Times that data go from one rank to another.</param>
/// <param name="ChunkElements">Elements of a chunk.</param>
/// <param name="Chunks">Chunks of the message, at least 1.</param>
internal readonly record struct CallPlan(RankKernel? Kernel, int Hops, int ChunkElements, long Chunks)
{
    /// <summary>The plan of a call that only takes part in the comparison.</summary>
    public static CallPlan None => new(null, 1, 0, 1);

    /// <summary>The plan of a message.</summary>
    /// <param name="kernel">What runs it.</param>
    /// <param name="elementCount">Elements of the message.</param>
    /// <param name="maxBytes">Most bytes of a chunk, as far as tiles are small enough.</param>
    public static CallPlan Of(RankKernel kernel, nint elementCount, long maxBytes)
    {
        var chunk = (int)long.Min(kernel.ChunkElements(elementCount), kernel.Geometry.ElementsWithin(maxBytes));
        return new CallPlan(kernel, kernel.Hops(elementCount), chunk, long.Max(1, (elementCount + chunk - 1) / chunk));
    }
}
