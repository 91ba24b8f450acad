using QuickReduce.Build;
using QuickReduce.Cli.Bench;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Cli.Doctor;
using QuickReduce.Devices.Host;

namespace QuickReduce.Cli.Tune;

/// <summary>
/// Kernels in geometries that the tool does not carry, rendered and compiled for this machine alone. Disposing deletes
/// them; on the host a library that is loaded stays so.
/// </summary>
internal sealed class GeometryKernels : IDisposable
{
    private const string SetName = "QuickReduce.Cli.Tune.GeometryKernels";
    private static readonly TimeSpan CompilerLimit = TimeSpan.FromMinutes(5);

    private readonly DirectoryInfo _folder;

    private GeometryKernels(KernelSet kernels, DirectoryInfo folder)
    {
        Kernels = kernels;
        _folder = folder;
    }

    /// <summary>The kernels.</summary>
    public KernelSet Kernels { get; }

    /// <summary>Where their libraries lie.</summary>
    public string LibraryDirectory => _folder.FullName;

    /// <summary>Makes the kernels.</summary>
    /// <param name="variants">What is needed.</param>
    /// <param name="device">What is to run them: the host or GPUs. The managed backend has no geometry.</param>
    /// <param name="cancellation">Stops the compilers.</param>
    /// <exception cref="MissingDeviceException">There is no compiler for the device.</exception>
    /// <exception cref="IOException">The compiler fails, or a file cannot be written.</exception>
    public static async Task<GeometryKernels> CreateAsync(IReadOnlyCollection<KernelVariant> variants, BenchDevice device, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("quickreduce-tune-");
        try
        {
            var lastDot = SetName.LastIndexOf('.');
            var units = Codegen.KernelPlanner.Plan(new Codegen.KernelSetModel(
                SetName[..lastDot], default, new Codegen.TypeDeclaration("class", SetName[(lastDot + 1)..]), new Codegen.EquatableArray<Codegen.KernelVariant>(variants.Select(ToCodegen))));
            await CompileAsync(units, TargetFor(device), folder.FullName, cancellation).ConfigureAwait(false);
            return new GeometryKernels(new KernelSet(SetName, [.. variants], [.. units.Select(static unit => new KernelUnit(unit.Name, unit.SourceId))]), folder);
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static OffloadTarget TargetFor(BenchDevice device) => device.Kind switch
    {
        DeviceKind.Cuda => OffloadTarget.Nvidia(device.Gpus[0].Architecture),
        DeviceKind.Hip => OffloadTarget.Amd(device.Gpus[0].Architecture.Split(':')[0]),
        _ => OffloadTarget.Host(HostInstructionLevel.Supported[0]),
    };

    private static async Task CompileAsync(IReadOnlyList<Codegen.TranslationUnit> units, OffloadTarget target, string folder, CancellationToken cancellation)
    {
        var space = new SearchSpace(Environment.GetEnvironmentVariable);
        var candidates = new CompilerCandidates(space);
        var resolved = Examination.Resolve([target], candidates, space, new ProbeCache(null), cancellation)[0];
        if (resolved.Toolchain is not { } toolchain)
        {
            throw new MissingDeviceException(MissingCompilerMessage.Compose([resolved], candidates) + " --geometry usual measures the kernels that the tool carries.");
        }

        var flags = Build.CommandLine.Flags(target, toolchain, []);
        List<CompileJob> jobs = [];
        foreach (var unit in units)
        {
            var source = Path.Combine(folder, unit.Name + ExtractKernelSources.SourceExtension);
            FileText.WriteIfDifferent(source, Codegen.HipRenderer.Render(unit));
            var output = Path.Combine(folder, "quickreduce", target.Folder, unit.Name + target.Extension);
            jobs.Add(new CompileJob(unit.Name, source, target, toolchain, flags, output, UpToDateStamp.Expected(FileText.Sha256OfFile(source), toolchain.Compiler, flags)));
        }

        List<CompileOutcome> failures = [];
        await StepProgress.ShowAsync(jobs.Count, begin => Task.Run(
            () =>
            {
                begin("compiling for " + target.Name);
                JobPool.Run(
                    jobs,
                    HostMachine.DefaultJobs(),
                    static (job, stop) => JobRunner.Run(job, CompilerLimit, stop),
                    outcome =>
                    {
                        failures.AddRange(outcome.Succeeded ? [] : [outcome]);
                        begin("compiled " + outcome.Job);
                    },
                    static () => { },
                    cancellation);
            },
            CancellationToken.None)).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        if (failures is [var failure, ..])
        {
            throw new IOException($"{failure.Job} can't be compiled. {failure.FailureText ?? failure.RawOutput}");
        }
    }

    // The vocabulary is compiled into both assemblies, from one text.
    private static Codegen.KernelVariant ToCodegen(KernelVariant variant) =>
        new((Codegen.DataType)variant.DataType, (Codegen.QuantRegime)variant.Regime, variant.WorldSize, (Codegen.AllReduceAlgorithm)variant.Algorithm)
        {
            GroupSize = variant.GroupSize,
            ScaleFormat = (Codegen.ScaleFormat)variant.ScaleFormat,
            BlockSize = variant.BlockSize,
            AtomsPerThread = variant.AtomsPerThread,
        };
}
