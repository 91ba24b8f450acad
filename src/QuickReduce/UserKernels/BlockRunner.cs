namespace QuickReduce;

/// <summary>Runs the blocks of a kernel on this processor's threads.</summary>
internal static unsafe class BlockRunner
{
    /// <summary>Ranges of blocks that each thread takes, on average: enough to even out what some of them cost more.</summary>
    private const int RangesPerThread = 8;

    /// <summary>Runs all blocks and returns when they are done.</summary>
    /// <param name="entryPoint">The kernel: arguments, first block, end of the blocks.</param>
    /// <param name="arguments">What it is given; stays where it is until this returns.</param>
    /// <param name="blocks">Number of blocks, at least one.</param>
    /// <param name="maxThreads">Most threads; 0 for as many as there are processors.</param>
    public static void Run(nint entryPoint, byte* arguments, uint blocks, int maxThreads)
    {
        var threads = (int)Math.Min(blocks, (uint)(maxThreads == 0 ? Environment.ProcessorCount : maxThreads));
        if (threads == 1)
        {
            ((delegate* unmanaged<byte*, uint, uint, void>)entryPoint)(arguments, 0, blocks);
            return;
        }

        var work = new SharedBlocks(entryPoint, (nint)arguments, blocks, Math.Max(1, blocks / (uint)(threads * RangesPerThread)));
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, work.Help);
    }

    private sealed class SharedBlocks(nint entryPoint, nint arguments, uint blocks, uint range)
    {
        private long _next;

        public void Help(int thread)
        {
            for (var first = Take(); first < blocks; first = Take())
            {
                var end = Math.Min(first + range, blocks);
                ((delegate* unmanaged<byte*, uint, uint, void>)entryPoint)((byte*)arguments, (uint)first, (uint)end);
            }
        }

        private long Take() => Interlocked.Add(ref _next, range) - range;
    }
}
