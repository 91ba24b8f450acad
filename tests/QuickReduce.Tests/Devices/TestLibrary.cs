using System.Diagnostics;
using System.Security.Cryptography;
using QuickReduce.Tests.Collectives;

namespace QuickReduce.Tests.Devices;

/// <summary>
/// A kernel library for one variant, float16 in full precision, compiled from C by whatever compiler there is, in a
/// temporary directory laid out as the build lays out an application's.
/// </summary>
public sealed class TestLibrary : IDisposable
{
    private const string Level = "x86-64-v3";

    private TestLibrary(KernelSet kernels, string directory)
    {
        Kernels = kernels;
        Directory = directory;
    }

    /// <summary>Why no library can be compiled or run here; null where it can, or must.</summary>
    public static string? SkipReason { get; } =
        Environment.GetEnvironmentVariable("QUICKREDUCE_REQUIRE_NATIVE") == "1" ? null
        : !QuickReduce.Devices.Host.HostInstructionLevel.Supported.Contains(Level) ? "this machine does not run " + Level + " code for Linux"
        : Compiler is null ? "no C compiler (clang, gcc) on the PATH"
        : null;

    public KernelSet Kernels { get; }

    public string Directory { get; }

    public string Path => System.IO.Path.Combine(Directory, "quickreduce", "host", Level, Kernels.Units[0].Name + ".so");

    private static string? Compiler => new[] { "clang", "clang-22", "clang-19", "gcc", "cc" }
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Select(directory => System.IO.Path.Combine(directory, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>Compiles a library.</summary>
    /// <param name="sourceId">The source that the library says it is from.</param>
    /// <param name="abiVersion">The interface that it says it has.</param>
    public static TestLibrary Compile(int worldSize, string sourceId = TestKernels.SourceId, int abiVersion = 3)
    {
        var variant = new KernelVariant(DataType.Float16, QuantRegime.FP, worldSize);
        var geometry = new KernelGeometry(variant);
        var library = new TestLibrary(
            TestKernels.Of("QuickReduce.Tests.Native" + worldSize, [variant]),
            System.IO.Directory.CreateTempSubdirectory("quickreduce-test").FullName);
        System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(library.Path)!);
        var start = new ProcessStartInfo(Compiler!) { RedirectStandardError = true };
        foreach (var argument in new[]
        {
            "-shared", "-fPIC", "-O2", "-fvisibility=hidden", "-mavx2", "-mf16c",
            "-DWORLD_SIZE=" + worldSize, "-DDATA_OFFSET=" + geometry.DataOffset, "-DSEGMENT_ELEMENTS=" + geometry.RowsPerSegment * geometry.Wire.ElementsPerRow,
            "-DPREFIX=" + variant.KernelName, "-DSOURCE_ID=\"" + sourceId + "\"", "-DABI_VERSION=" + abiVersion,
            System.IO.Path.Combine(AppContext.BaseDirectory, "Devices", "full_precision_phases.c"), "-o", library.Path,
        })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException("The test library does not compile: " + errors);
        }

        library.WriteChecksum();
        return library;
    }

    /// <summary>Creates a group that runs the library.</summary>
    public AllReduceGroup CreateGroup() => AllReduceGroup.Create(Kernels, Kernels.Variants[0].WorldSize, new GroupOptions { Device = DeviceKind.Host, LibraryDirectory = Directory });

    /// <summary>Writes the checksum of what the file holds now, as the build does.</summary>
    public void WriteChecksum() => File.WriteAllText(
        Path + ".sha256",
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path))) + "  " + System.IO.Path.GetFileName(Path) + "\n");

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
