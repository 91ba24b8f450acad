using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace QuickReduce.Gpu;

/// <summary>launch_loop.c, compiled where there is a C compiler and loaded for as long as this lives: launches from C.</summary>
internal sealed unsafe class LaunchLoop : IDisposable
{
    private const string Source = "launch_loop.c";
    private const string Function = "quickreduce_launch_loop";
    private static readonly string[] Compilers = ["cc", "gcc", "clang"];

    private readonly DirectoryInfo _directory;
    private readonly nint _library;
    private readonly delegate* unmanaged<nint, nint, uint, nint, nint*, int, int, double> _run;

    private LaunchLoop(DirectoryInfo directory, string library)
    {
        _directory = directory;
        _library = NativeLibrary.Load(library);
        _run = (delegate* unmanaged<nint, nint, uint, nint, nint*, int, int, double>)NativeLibrary.GetExport(_library, Function);
    }

    /// <summary>Compiles and loads it; says why where that is not possible, and gives null.</summary>
    public static LaunchLoop? TryCreate(TextWriter output)
    {
        var source = Path.Combine(AppContext.BaseDirectory, Source);
        var directory = Directory.CreateTempSubdirectory("quickreduce-launch");
        var library = Path.Combine(directory.FullName, "launch_loop.so");
        var problem = "none of " + string.Join(", ", Compilers) + " is on the PATH";
        foreach (var compiler in Compilers)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(compiler, ["-O2", "-shared", "-fPIC", source, "-o", library]) { RedirectStandardError = true })!;
                var errors = process.StandardError.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode == 0)
                {
                    return new LaunchLoop(directory, library);
                }

                problem = compiler + " fails: " + errors.Trim();
            }
            catch (Win32Exception)
            {
                // No such compiler: the next one.
            }
        }

        output.WriteLine("Launches from C are not measured: " + problem + ".");
        directory.Delete(recursive: true);
        return null;
    }

    /// <summary>Host microseconds of one launch, on some streams in turn.</summary>
    /// <param name="launch">The driver's launch function.</param>
    /// <param name="function">An all-reduce's kernel.</param>
    /// <param name="threads">Threads of its block.</param>
    /// <param name="workspace">Zeroed memory of the device, for the kernel's workspace.</param>
    /// <param name="streams">The streams.</param>
    /// <param name="calls">Launches on each of them.</param>
    public double Run(nint launch, nint function, int threads, nint workspace, ReadOnlySpan<nint> streams, int calls)
    {
        fixed (nint* handles = streams)
        {
            var time = _run(launch, function, (uint)threads, workspace, handles, streams.Length, calls);
            return time >= 0 ? time : throw new InvalidOperationException("The driver refuses a launch from C.");
        }
    }

    public void Dispose()
    {
        NativeLibrary.Free(_library);
        _directory.Delete(recursive: true);
    }
}
