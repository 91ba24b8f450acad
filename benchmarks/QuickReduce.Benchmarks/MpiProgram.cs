using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Benchmarks;

/// <summary>Open MPI on this machine: its launcher, and benchmarks/mpi/allreduce.c, compiled for as long as this lives.</summary>
internal sealed class MpiProgram : IDisposable
{
    private readonly DirectoryInfo _directory;
    private readonly string _launcher;
    private readonly string _program;

    private MpiProgram(DirectoryInfo directory, string launcher, string program)
    {
        _directory = directory;
        _launcher = launcher;
        _program = program;
    }

    /// <summary>Compiles the program; says why where that is not possible, and gives null.</summary>
    public static MpiProgram? TryCreate(TextWriter output)
    {
        if (Find("mpicc") is not { } compiler || Find("mpirun") is not { } launcher)
        {
            output.WriteLine("Skipped: mpicc or mpirun is not on the PATH (Debian: openmpi-bin, libopenmpi-dev).");
            return null;
        }

        if (FindSource() is not { } source)
        {
            output.WriteLine("Skipped: benchmarks/mpi/allreduce.c is not in a directory above this program.");
            return null;
        }

        var directory = Directory.CreateTempSubdirectory("quickreduce-mpi");
        var program = Path.Combine(directory.FullName, "allreduce");
        var (code, text) = Execute(compiler, "-O3", "-mavx2", "-mf16c", source, "-o", program);
        if (code == 0)
        {
            return new MpiProgram(directory, launcher, program);
        }

        output.WriteLine("Skipped: mpicc fails: " + text);
        directory.Delete(recursive: true);
        return null;
    }

    /// <summary>Microseconds of MPI_Allreduce, by size in bytes; null, and a line that says why, where it fails.</summary>
    public Dictionary<long, double>? Time(int worldSize, IEnumerable<long> sizes, TextWriter output) =>
        Time(output, worldSize, [_program, .. sizes.Select(size => size.ToString(CultureInfo.InvariantCulture))]);

    /// <summary>The same of a program that prints the same lines.</summary>
    public Dictionary<long, double>? Time(TextWriter output, int worldSize, params string[] command)
    {
        var (code, text) = Execute(_launcher, ["--allow-run-as-root", "--oversubscribe", "-n", worldSize.ToString(CultureInfo.InvariantCulture), .. command]);
        if (code == 0)
        {
            return Parse(text);
        }

        output.WriteLine("Skipped: mpirun fails for " + worldSize + " ranks: " + text);
        return null;
    }

    public void Dispose() => _directory.Delete(recursive: true);

    // Where mpirun makes a terminal, .NET greets it at the beginning of the first line.
    private static Dictionary<long, double> Parse(string text) => text.Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields is [var word, _, _, _] && word.EndsWith("allreduce", StringComparison.Ordinal))
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
