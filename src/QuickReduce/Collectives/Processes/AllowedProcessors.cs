using System.Numerics;
using QuickReduce.Rendezvous.Linux;

namespace QuickReduce.Collectives.Processes;

/// <summary>
/// The processors that each rank may run on, as it says on its board. Launchers such as <c>mpirun</c> give each rank one of its
/// own: what a rank may use itself then says nothing of whether ranks outnumber processors.
/// </summary>
internal static unsafe class AllowedProcessors
{
    /// <summary>Bytes that a rank's take on its board: how many it may use at once, and which they are.</summary>
    public const int Bytes = sizeof(ulong) + MaskBytes;

    // As many as the kernel's usual configurations know.
    private const int MaskBytes = 8192 / 8;

    /// <summary>Says which this process may run on.</summary>
    public static void Write(byte* place)
    {
        LibC.ReadAffinity(place + sizeof(ulong), MaskBytes);
        Volatile.Write(ref *(int*)place, Environment.ProcessorCount);
    }

    /// <summary>How many the ranks have together; 0 where a rank has not said it yet.</summary>
    /// <param name="first">Where the first rank's are.</param>
    /// <param name="stride">Bytes from one rank's to the next one's.</param>
    /// <param name="ranks">Number of ranks.</param>
    public static int Together(byte* first, nint stride, int ranks)
    {
        var atOnce = int.MaxValue;
        for (var rank = 0; rank < ranks; rank++)
        {
            var place = first + rank * stride;
            var usable = Volatile.Read(ref *(int*)place);
            if (usable == 0)
            {
                return 0;
            }

            // A container may have the time of fewer processors than it may run on.
            var allowed = Count(place, stride, ranks: 1);
            atOnce = allowed == 0 || usable < allowed ? int.Min(atOnce, usable) : atOnce;
        }

        var together = Count(first, stride, ranks);
        return together == 0 ? atOnce : int.Min(together, atOnce);
    }

    private static int Count(byte* first, nint stride, int ranks)
    {
        var count = 0;
        for (var word = 0; word < MaskBytes / sizeof(ulong); word++)
        {
            ulong any = 0;
            for (var rank = 0; rank < ranks; rank++)
            {
                any |= ((ulong*)(first + rank * stride + sizeof(ulong)))[word];
            }

            count += BitOperations.PopCount(any);
        }

        return count;
    }
}
