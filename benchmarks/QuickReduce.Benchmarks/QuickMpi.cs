namespace QuickReduce.Benchmarks;

/// <summary>
/// The all-reduce in full precision beside Open MPI's MPI_Allreduce with an fp16 sum, on as many ranks of this machine;
/// theirs are processes, ours threads.
/// </summary>
internal sealed class QuickMpi : IQuickSuite
{
    private static readonly long[] Sizes = [2 << 10, 64 << 10, 1 << 20, 32 << 20];

    public string Name => "mpi";

    public void Run(TextWriter output)
    {
        if (MpiProgram.TryCreate(output) is not { } mpi)
        {
            return;
        }

        using (mpi)
        {
            Compare(output, mpi);
        }
    }

    private static void Compare(TextWriter output, MpiProgram mpi)
    {
        output.WriteLine("fp16 in full precision, out of place, us per call; ratio is MPI over the better of ours");
        output.WriteLine(Quick.Head("", "at once", "per rank", "MPI", "ratio", "per rank"));
        foreach (var worldSize in new[] { 2, 4, 8 })
        {
            if (mpi.Time(worldSize, Sizes, output) is not { } theirs)
            {
                continue;
            }

            foreach (var size in Sizes)
            {
                using var work = new AllReduceWork(worldSize, size);
                var atOnce = work.TimeAtOnce(QuantRegime.FP).Median * 1e6;
                var perRank = work.TimePerRank(QuantRegime.FP).Median * 1e6;
                output.WriteLine(Quick.Row("N=" + worldSize + " S=" + (size >> 10) + " KB", atOnce, perRank, theirs[size], theirs[size] / Math.Min(atOnce, perRank), theirs[size] / perRank));
            }
        }
    }
}
