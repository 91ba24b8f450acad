using System.Globalization;

namespace QuickReduce.Benchmarks;

/// <summary>
/// The all-reduce with one process per rank beside Open MPI's MPI_Allreduce with an fp16 sum: both started by mpirun, by
/// turns, on as many ranks of this machine.
/// </summary>
internal sealed class QuickProcesses : IQuickSuite
{
    private const int Rounds = 3;

    private static readonly long[] Sizes = [2 << 10, 8 << 10, 64 << 10, 1 << 20, 8 << 20, 32 << 20, 64 << 20];

    public string Name => "processes";

    public void Run(TextWriter output)
    {
        if (MpiProgram.TryCreate(output) is not { } mpi)
        {
            return;
        }

        using (mpi)
        {
            output.WriteLine("one process per rank, fp16, out of place, us per call of the slowest rank, least of " + Rounds + " medians. FP and INT4: ordinary arrays; FP shared:");
            output.WriteLine("buffers of AllocateShared; MPI: buffers of malloc. Ratios are MPI over FP, and MPI over FP shared");
            output.WriteLine(Quick.Head("", "FP", "FP shared", "INT4", "MPI", "FP: ratio", "shared"));
            foreach (var worldSize in new[] { 2, 4, 8 })
            {
                Compare(output, mpi, worldSize);
            }
        }
    }

    private static void Compare(TextWriter output, MpiProgram mpi, int worldSize)
    {
        var best = Sizes.ToDictionary(size => size, _ => (Ours: double.MaxValue, Shared: double.MaxValue, Int4: double.MaxValue, Theirs: double.MaxValue));
        for (var round = 0; round < Rounds; round++)
        {
            var ours = Own("rank", QuantRegime.FP);
            var shared = Own("shared-rank", QuantRegime.FP);
            var int4 = Own("rank", QuantRegime.Int4);
            var theirs = mpi.Time(worldSize, Sizes, output);
            if (ours is null || shared is null || int4 is null || theirs is null)
            {
                return;
            }

            foreach (var size in Sizes)
            {
                var least = best[size];
                best[size] = (double.Min(least.Ours, ours[size]), double.Min(least.Shared, shared[size]), double.Min(least.Int4, int4[size]), double.Min(least.Theirs, theirs[size]));
            }
        }

        foreach (var size in Sizes)
        {
            var least = best[size];
            output.WriteLine(Quick.Row("N=" + worldSize + " S=" + (size >> 10) + " KB", least.Ours, least.Shared, least.Int4, least.Theirs, least.Theirs / least.Ours, least.Theirs / least.Shared));
        }

        Dictionary<long, double>? Own(string command, QuantRegime regime) => mpi.Time(
            output, worldSize, [Environment.ProcessPath!, command, regime.ToString(), .. Sizes.Select(size => size.ToString(CultureInfo.InvariantCulture))]);
    }
}
