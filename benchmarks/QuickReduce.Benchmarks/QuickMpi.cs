using System.Diagnostics;
using System.Globalization;

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
        if (Find("mpicc") is not { } compiler || Find("mpirun") is not { } launcher)
        {
            output.WriteLine("Skipped: mpicc or mpirun is not on the PATH (Debian: openmpi-bin, libopenmpi-dev).");
            return;
        }

        if (FindSource() is not { } source)
        {
            output.WriteLine("Skipped: benchmarks/mpi/allreduce.c is not in a directory above this program.");
            return;
        }

        var directory = Directory.CreateTempSubdirectory("quickreduce-mpi");
        try
        {
            var program = Path.Combine(directory.FullName, "allreduce");
            var (code, text) = Execute(compiler, "-O3", "-mavx2", "-mf16c", source, "-o", program);
            if (code != 0)
            {
                output.WriteLine("Skipped: mpicc fails: " + text);
                return;
            }

            Compare(output, launcher, program);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Compare(TextWriter output, string launcher, string program)
    {
        output.WriteLine("fp16 in full precision, out of place, us per call; ratio is MPI over the better of ours");
        output.WriteLine(Quick.Head("", "at once", "per rank", "MPI", "ratio", "per rank"));
        foreach (var worldSize in new[] { 2, 4, 8 })
        {
            string[] arguments = ["--allow-run-as-root", "--oversubscribe", "-n", worldSize.ToString(CultureInfo.InvariantCulture), program,
                .. Sizes.Select(size => size.ToString(CultureInfo.InvariantCulture))];
            var (code, text) = Execute(launcher, arguments);
            if (code != 0)
            {
                output.WriteLine("Skipped: mpirun fails for " + worldSize + " ranks: " + text);
                continue;
            }

            var theirs = Parse(text);
            foreach (var size in Sizes)
            {
                using var work = new AllReduceWork(worldSize, size);
                var atOnce = work.TimeAtOnce(QuantRegime.FP).Median * 1e6;
                var perRank = work.TimePerRank(QuantRegime.FP).Median * 1e6;
                output.WriteLine(Quick.Row("N=" + worldSize + " S=" + (size >> 10) + " KB", atOnce, perRank, theirs[size], theirs[size] / Math.Min(atOnce, perRank), theirs[size] / perRank));
            }
        }
    }

    private static Dictionary<long, double> Parse(string text) => text.Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields is ["allreduce", _, _, _])
        .ToDictionary(fields => long.Parse(fields[2], CultureInfo.InvariantCulture), fields => double.Parse(fields[3], CultureInfo.InvariantCulture));

    private static (int ExitCode, string Text) Execute(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? text : errors.Result + text);
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    private static string? FindSource()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var source = Path.Combine(directory.FullName, "benchmarks", "mpi", "allreduce.c");
            if (File.Exists(source))
            {
                return source;
            }
        }

        return null;
    }
}
