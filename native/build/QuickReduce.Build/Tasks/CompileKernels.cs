using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Task = Microsoft.Build.Utilities.Task;

namespace QuickReduce.Build;

/// <summary>Compiles every source for every target, in parallel, where the output is not up to date, and reports on its kernels.</summary>
public sealed class CompileKernels : Task, ICancelableTask, IDisposable
{
    private const int DefaultTimeoutSeconds = 300;

    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>Sources, with <c>UnitName</c>.</summary>
    public ITaskItem[] Sources { get; set; } = [];

    /// <summary>Targets as <see cref="ResolveToolchain"/> returns them.</summary>
    public ITaskItem[] Targets { get; set; } = [];

    /// <summary>Folder of the outputs; it belongs to this task, which deletes what it does not know.</summary>
    [Required]
    public string OutputFolder { get; set; } = "";

    /// <summary>File that stands for the project where several builds of it run at once.</summary>
    [Required]
    public string LockFile { get; set; } = "";

    /// <summary>The framework that is being built, as it stands in <see cref="OutputFolder"/>.</summary>
    public string TargetFramework { get; set; } = "";

    /// <summary>All frameworks of a multi-targeting project.</summary>
    public string TargetFrameworks { get; set; } = "";

    /// <summary>Flags appended for every target.</summary>
    public string CompilerFlags { get; set; } = "";

    /// <summary>Flags appended for AMD targets.</summary>
    public string AmdCompilerFlags { get; set; } = "";

    /// <summary>Flags appended for NVIDIA targets.</summary>
    public string NvidiaCompilerFlags { get; set; } = "";

    /// <summary>Flags appended for the CPU.</summary>
    public string HostCompilerFlags { get; set; } = "";

    /// <summary>Compilers to run at once; 0 for as many as the machine bears.</summary>
    public int MaxJobs { get; set; }

    /// <summary>Seconds that one compiler may take.</summary>
    public int TimeoutSeconds { get; set; } = DefaultTimeoutSeconds;

    /// <summary>The compiled files, with <c>UnitName</c>, <c>Kind</c>, <c>Architecture</c> and <c>ReportPath</c>.</summary>
    [Output]
    public ITaskItem[] Outputs { get; set; } = [];

    /// <inheritdoc/>
    public void Cancel() => _cancellation.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _cancellation.Dispose();

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            string[] sourceHashes = [.. Sources.Select(source => FileText.Sha256OfFile(source.ItemSpec))];
            CompileJob[] jobs = [.. Targets.SelectMany(target => Plan(target, sourceHashes))];
            var reports = new ReportWriter(_cancellation.Token);
            if (jobs.All(job => job.IsUpToDate && reports.IsUpToDate(job)))
            {
                OutputPruner.Prune(OutputFolder, jobs.SelectMany(FilesOf));
                new CompileReport(Log, [], jobs.Length).Summarise();
            }
            else
            {
                Compile(jobs, reports);
            }

            Outputs = [.. jobs.Select(ToItem)];
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.Error(DiagnosticIds.FileAccess, $"The kernels' outputs in '{OutputFolder}' can't be read or written: {failure.Message}");
        }

        return !Log.HasLoggedErrors;
    }

    private void Compile(CompileJob[] jobs, ReportWriter reports)
    {
        var timeLimit = TimeSpan.FromSeconds(TimeoutSeconds > 0 ? TimeoutSeconds : DefaultTimeoutSeconds);
        using ProjectLock turn = ProjectLock.Acquire(
            LockFile, TimeSpan.FromSeconds(timeLimit.TotalSeconds * jobs.Length), _cancellation.Token);
        OutputPruner.Prune(OutputFolder, jobs.SelectMany(FilesOf));
        // Asked again: another build of the project may have done the work meanwhile.
        var siblings = new SiblingOutputs(OutputFolder, TargetFramework, TargetFrameworks);
        CompileJob[] outdated = [.. jobs.Where(job => !job.IsUpToDate && !siblings.TryTake(job))];
        var report = new CompileReport(Log, outdated, jobs.Length);
        int parallel = MaxJobs > 0 ? MaxJobs : HostMachine.DefaultJobs();
        JobPool.Run(
            outdated,
            parallel,
            (job, cancellation) => JobRunner.Run(job, timeLimit, cancellation),
            report.Finished,
            report.Tick,
            _cancellation.Token);
        reports.Write(jobs.Where(job => job.IsUpToDate), parallel, Log);
        _cancellation.Token.ThrowIfCancellationRequested();
        report.Summarise();
    }

    private IEnumerable<CompileJob> Plan(ITaskItem targetItem, string[] sourceHashes)
    {
        OffloadTarget target = OffloadTarget.FromItem(targetItem.GetMetadata(ItemMetadata.Kind), targetItem.ItemSpec);
        var compiler = new Compiler(
            (CompilerKind)Enum.Parse(typeof(CompilerKind), targetItem.GetMetadata(ItemMetadata.CompilerKind)),
            targetItem.GetMetadata(ItemMetadata.CompilerPath),
            targetItem.GetMetadata(ItemMetadata.CompilerVersion),
            targetItem.GetMetadata(ItemMetadata.CompilerName),
            ClangMajor: 0);
        var toolchain = new ToolchainChoice(compiler, targetItem.GetMetadata(ItemMetadata.UseLld) == "true");
        IReadOnlyList<string> flags = CommandLine.Flags(target, toolchain, UserFlags(target.Kind));
        string folder = Path.GetFullPath(Path.Combine(OutputFolder, target.Folder.Replace('/', Path.DirectorySeparatorChar)));
        return Sources.Zip(sourceHashes, (source, hash) =>
        {
            string unitName = source.GetMetadata(ItemMetadata.UnitName);
            string output = Path.Combine(folder, unitName + target.Extension);
            return new CompileJob(
                unitName, Path.GetFullPath(source.ItemSpec), target, toolchain, flags, output, UpToDateStamp.Expected(hash, compiler, flags));
        });
    }

    private IEnumerable<string> UserFlags(TargetKind kind)
    {
        string own = kind switch
        {
            TargetKind.Amd => AmdCompilerFlags,
            TargetKind.Nvidia => NvidiaCompilerFlags,
            _ => HostCompilerFlags,
        };
        return ArgumentQuoting.Split(CompilerFlags).Concat(ArgumentQuoting.Split(own));
    }

    private static IEnumerable<string> FilesOf(CompileJob job)
    {
        yield return job.OutputPath;
        yield return UpToDateStamp.PathFor(job.OutputPath);
        yield return job.ReportPath;
        yield return UpToDateStamp.PathFor(job.ReportPath);
        if (job.HashPath is { } hash)
        {
            yield return hash;
        }
    }

    private static ITaskItem ToItem(CompileJob job)
    {
        var item = new TaskItem(EscapingUtilities.Escape(job.OutputPath));
        item.SetMetadata(ItemMetadata.UnitName, EscapingUtilities.Escape(job.UnitName));
        item.SetMetadata(ItemMetadata.Kind, job.Target.Kind.ToString());
        item.SetMetadata(ItemMetadata.Architecture, EscapingUtilities.Escape(job.Target.Name));
        item.SetMetadata(ItemMetadata.ReportPath, EscapingUtilities.Escape(job.ReportPath));
        return item;
    }
}
