using System.Runtime.InteropServices;
using QuickReduce.Build;
using QuickReduce.Codecs;
using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Hip;
using QuickReduce.Devices.Host;

namespace QuickReduce.Cli.Doctor;

/// <summary>Looks at the machine. Compilers are found by the code of the native build.</summary>
internal static class Examination
{
    private const int OldestSdk = 10;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    private static readonly (string Vendor, DeviceKind Kind, IReadOnlyList<string> Libraries, string Function)[] Drivers =
    [
        ("AMD", DeviceKind.Hip, RocmLibraries.Candidates("amdhip64"), "hipInit"),
        ("NVIDIA", DeviceKind.Cuda, OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"], "cuInit"),
    ];

    /// <summary>Examines the machine.</summary>
    /// <param name="architectures">What kernels are to be compiled for, as in <c>QuickReduceOffloadArchs</c>.</param>
    /// <param name="cancellation">Stops the programs that are asked.</param>
    public static MachineReport Run(string architectures, CancellationToken cancellation)
    {
        var space = new SearchSpace(Environment.GetEnvironmentVariable);
        var cache = new ProbeCache(null);
        var gpus = new MachineGpus(space, cache, cancellation).Architectures();
        var targets = OffloadTargetList.Parse(OffloadTargetList.ReplaceNative(architectures, gpus), null, RuntimeInformation.OSArchitecture, out _);
        var candidates = new CompilerCandidates(space);
        var resolved = Resolve(targets, candidates, space, cache, cancellation);
        var sdks = Sdks(space, cancellation);
        DriverReport[] drivers = [.. Drivers.Select(static driver => Find(driver.Vendor, driver.Kind, driver.Libraries, driver.Function))];
        var hipRtc = GpuExamination.HipRtc(drivers[0]);
        var amd = GpuExamination.Amd();
        var devices = GpuExamination.Devices(out var explanation);
        var codeCache = GpuExamination.Cache(out var cacheProblem);
        return new MachineReport(
            typeof(Examination).Assembly.GetName().Version!.ToString(3),
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
            RuntimeInformation.FrameworkDescription,
            sdks,
            Processor(),
            [.. resolved.Select(static target => new CompilerReport(target.Target.Name, target.Toolchain?.Compiler.Path, target.Toolchain?.Compiler.DisplayName, target.Refusals))],
            drivers,
            gpus,
            devices,
            explanation,
            amd,
            GpuExamination.RocmInstallations(space, new CompilerProbe(cache, space.PathFolders, Path.GetTempPath(), cancellation)),
            hipRtc,
            codeCache,
            Notes(amd, devices, explanation, hipRtc, cacheProblem),
            Remedies(sdks, resolved, candidates));
    }

    /// <summary>Finds a compiler for each target.</summary>
    public static IReadOnlyList<ResolvedTarget> Resolve(
        IReadOnlyList<OffloadTarget> targets, CompilerCandidates candidates, SearchSpace space, ProbeCache cache, CancellationToken cancellation)
    {
        var scratch = Directory.CreateTempSubdirectory("quickreduce-");
        try
        {
            return new ToolchainResolver(candidates, new CompilerProbe(cache, space.PathFolders, scratch.FullName, cancellation)).Resolve(targets);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static string[] Sdks(SearchSpace space, CancellationToken cancellation)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? space.FindOnPath("dotnet");
        if (dotnet is null)
        {
            return [];
        }

        var result = ChildProcess.Run(dotnet, ["--list-sdks"], new Dictionary<string, string>(), TimeLimit, cancellation);
        return result.Succeeded ? [.. result.Output.Split('\n').Select(static line => line.Split(' ')[0].Trim()).Where(static version => version.Length > 0)] : [];
    }

    private static ProcessorReport Processor() => new(
        MachineFingerprint.ProcessorName,
        Environment.ProcessorCount,
        SimdWidths.Best switch { SimdWidth.Bits512 => 512, SimdWidth.Bits256 => 256, SimdWidth.Bits128 => 128, _ => 32 },
        HostInstructionLevel.Supported);

    private static DriverReport Find(string vendor, DeviceKind kind, IReadOnlyList<string> libraries, string function)
    {
        try
        {
            var library = DriverLibrary.Load(vendor, libraries, string.Empty);
            return new DriverReport(vendor, kind.ToString(), library.Name, Found: true, library.PathOf(function));
        }
        catch (GpuException)
        {
            return new DriverReport(vendor, kind.ToString(), libraries[^1], Found: false, Path: null);
        }
    }

    /// <summary>What a machine with AMD's cards lacks to use them, and what is wrong with the cache.</summary>
    private static string[] Notes(
        AmdSystem? amd, IReadOnlyList<DeviceReport> devices, IReadOnlyList<string> explanation, HipRtcReport hipRtc, string? cacheProblem)
    {
        var notes = new List<string>();
        var hasCards = amd is { Cards: > 0 } or { HasDriver: true };
        if (hasCards && devices.All(static device => device.Kind != nameof(DeviceKind.Hip)))
        {
            notes.AddRange(explanation.Where(static line => !line.StartsWith(nameof(DeviceKind.Cuda), StringComparison.Ordinal)));
        }

        if (hasCards && hipRtc.Missing is { } missing)
        {
            notes.Add("Kernels can't be compiled at run time, so that code for these cards has to lie beside the application: " + missing + ".");
        }

        if (cacheProblem is not null)
        {
            notes.Add(cacheProblem);
        }

        return [.. notes];
    }

    private static string[] Remedies(string[] sdks, IReadOnlyList<ResolvedTarget> targets, CompilerCandidates candidates)
    {
        var remedies = new List<string>();
        if (!sdks.Any(static version => int.TryParse(version.Split('.')[0], out var major) && major >= OldestSdk))
        {
            remedies.Add($"No .NET {OldestSdk} SDK, which building needs. Remedy: install the package dotnet-sdk-{OldestSdk}.0, or see https://dot.net.");
        }

        ResolvedTarget[] without = [.. targets.Where(static target => target.Toolchain is null)];
        if (without.Length > 0)
        {
            remedies.Add(MissingCompilerMessage.Compose(without, candidates));
        }

        return [.. remedies];
    }
}
