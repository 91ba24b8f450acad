using System.Runtime.InteropServices;
using QuickReduce.Build;
using QuickReduce.Codecs;
using QuickReduce.Devices.Host;

namespace QuickReduce.Cli.Doctor;

/// <summary>Looks at the machine. Compilers are found by the code of the native build.</summary>
internal static class Examination
{
    private const int OldestSdk = 10;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    private static readonly (string Vendor, string[] Libraries)[] Drivers = OperatingSystem.IsWindows()
        ? [("AMD", ["amdhip64_7.dll", "amdhip64_6.dll", "amdhip64.dll"]), ("NVIDIA", ["nvcuda.dll"])]
        : [("AMD", ["libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5", "libamdhip64.so"]), ("NVIDIA", ["libcuda.so.1", "libcuda.so"])];

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
        return new MachineReport(
            typeof(Examination).Assembly.GetName().Version!.ToString(3),
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
            RuntimeInformation.FrameworkDescription,
            sdks,
            Processor(),
            [.. resolved.Select(static target => new CompilerReport(target.Target.Name, target.Toolchain?.Compiler.Path, target.Toolchain?.Compiler.DisplayName, target.Refusals))],
            [.. Drivers.Select(static driver => Find(driver.Vendor, driver.Libraries))],
            gpus,
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

    private static DriverReport Find(string vendor, string[] libraries)
    {
        foreach (var library in libraries)
        {
            if (NativeLibrary.TryLoad(library, out var handle))
            {
                NativeLibrary.Free(handle);
                return new DriverReport(vendor, library, Found: true);
            }
        }

        return new DriverReport(vendor, libraries[0], Found: false);
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
