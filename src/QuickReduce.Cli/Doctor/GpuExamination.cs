using QuickReduce.Build;
using QuickReduce.Cli.Cache;
using QuickReduce.Devices.Gpu.Code;
using QuickReduce.Devices.Gpu.Hip;
using Compiler = QuickReduce.Devices.Gpu.Hip.HipRtc;

namespace QuickReduce.Cli.Doctor;

/// <summary>Looks at what groups on GPUs need: devices, ROCm's parts, the cache of compiled kernels.</summary>
internal static class GpuExamination
{
    /// <summary>A driver of a card that hangs must not make the tool hang that is to find out.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    /// <summary>The devices that a group can have; opens the drivers.</summary>
    /// <param name="explanation">A line for each vendor: what there is, or why there is nothing.</param>
    public static IReadOnlyList<DeviceReport> Devices(out IReadOnlyList<string> explanation)
    {
        var asking = Task.Run(static () => (Devices: GpuDevice.Discover(), Explanation: GpuDevice.Explain()));
        try
        {
            if (asking.Wait(TimeLimit))
            {
                explanation = asking.Result.Explanation.Split(Environment.NewLine);
                return [.. asking.Result.Devices.Select(static device => new DeviceReport(
                    device.Kind.ToString(), device.Index, device.Name, device.Architecture, device.MemoryBytes, device.Multiprocessors))];
            }

            explanation = [$"A GPU driver did not answer within {TimeLimit.TotalSeconds} s."];
        }
        catch (AggregateException failure)
        {
            explanation = [.. failure.InnerExceptions.Select(static inner => inner.Message)];
        }

        return [];
    }

    /// <summary>The ROCm installations of this machine, in the order in which a build tries them.</summary>
    public static IReadOnlyList<RocmReport> RocmInstallations(SearchSpace space, CompilerProbe probe) =>
        [.. space.RocmRootsOfEnvironment().Concat(space.RocmRootsOfSystem()).Select(Real).Distinct()
            .Select(root => Rocm(root, probe)).OfType<RocmReport>()];

    /// <summary>hipRTC, which compiles kernels at run time.</summary>
    public static HipRtcReport HipRtc(DriverReport runtime) =>
        Compiler.TryLoad(Compiler.CandidatesBeside(runtime.Path ?? string.Empty), out var compiler, out var reason)
            ? new HipRtcReport(compiler!.Path, compiler.Version, null)
            : new HipRtcReport(null, null, reason);

    /// <summary>What the kernel knows of AMD's cards; null where this is no Linux.</summary>
    public static AmdSystem? Amd() => OperatingSystem.IsLinux() ? AmdSystem.Examine() : null;

    /// <summary>The cache of compiled kernels; <paramref name="problem"/> says why it can't be used.</summary>
    public static CacheReport Cache(out string? problem)
    {
        problem = null;
        try
        {
            return CacheReport.Of(CodeCacheSettings.Open(Environment.GetEnvironmentVariable));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or EnvironmentSettingException)
        {
            problem = failure.Message;
            return new CacheReport(null, 0, 0, []);
        }
    }

    private static RocmReport? Rocm(string root, CompilerProbe probe)
    {
        var hipcc = SearchSpace.FindIn(Path.Combine(root, "bin"), "hipcc");
        var libraries = RocmLibraries.In(Path.Combine(root, "lib"), "libamdhip64.so").Concat(RocmLibraries.In(Path.Combine(root, "lib"), "libhiprtc.so"));
        if (hipcc is null && !libraries.Any())
        {
            return null;
        }

        return new RocmReport(
            root,
            FileText.ReadOrNull(Path.Combine(root, ".info", "version"))?.Trim(),
            hipcc,
            hipcc is null ? null : probe.Identify(new CompilerCandidate(CompilerKind.Hipcc, hipcc))?.DisplayName);
    }

    private static string Real(string folder) =>
        Directory.Exists(folder) && new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true) is { } target ? target.FullName : Path.TrimEndingDirectorySeparator(folder);
}
