using System.Runtime.InteropServices;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Task = Microsoft.Build.Utilities.Task;

namespace QuickReduce.Build;

/// <summary>Reads the list of architectures and finds a compiler for each.</summary>
public sealed class ResolveToolchain : Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>The list of architectures.</summary>
    public string OffloadArchs { get; set; } = "";

    /// <summary>Levels of the CPU for <c>host</c>; the machine's kind decides if empty.</summary>
    public string HostLevels { get; set; } = "";

    /// <summary>The hipcc the user points at.</summary>
    public string Hipcc { get; set; } = "";

    /// <summary>The clang++ the user points at.</summary>
    public string Clang { get; set; } = "";

    /// <summary>The ROCm installation the user points at.</summary>
    public string RocmPath { get; set; } = "";

    /// <summary>Whether the assembly has kernels: without any the list is checked and no compiler is looked for.</summary>
    public bool HasKernels { get; set; } = true;

    /// <summary>Whether a missing compiler is an error.</summary>
    public bool RequireNative { get; set; }

    /// <summary>File that remembers what compilers answered.</summary>
    [Required]
    public string CacheFile { get; set; } = "";

    /// <summary>The architectures that have a compiler, with it as metadata.</summary>
    [Output]
    public ITaskItem[] Targets { get; set; } = [];

    internal Func<string, string?> EnvironmentVariable { get; set; } = Environment.GetEnvironmentVariable;

    internal string OptionalSoftwareFolder { get; set; } = "/opt";

    internal string DistributionFolder { get; set; } = "/usr";

    /// <inheritdoc/>
    public void Cancel() => _cancellation.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _cancellation.Dispose();

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            Resolve();
        }
        catch (ExplicitPathMissingException missing)
        {
            Log.Error(DiagnosticIds.ExplicitPathMissing, missing.Message);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.Error(DiagnosticIds.FileAccess, $"Compilers can't be asked with the help of '{Path.GetDirectoryName(CacheFile)}': {failure.Message}");
        }

        return !Log.HasLoggedErrors;
    }

    private void Resolve()
    {
        var space = new SearchSpace(EnvironmentVariable, OptionalSoftwareFolder, DistributionFolder) { Hipcc = Hipcc, Clang = Clang, RocmPath = RocmPath };
        var cache = new ProbeCache(CacheFile);
        IReadOnlyList<OffloadTarget> targets = OffloadTargetList.Parse(
            WithoutNative(space, cache), HostLevels, RuntimeInformation.OSArchitecture, out IReadOnlyList<string> unknown);
        if (unknown.Count > 0)
        {
            string names = string.Join(", ", unknown.Select(name => $"'{name}'"));
            Log.Error(
                DiagnosticIds.UnknownArchitecture,
                $"QuickReduceOffloadArchs has {names}, which {(unknown.Count == 1 ? "is no architecture" : "are no architectures")}. "
                + $"{OffloadTargetList.Suggestion(unknown)}What can stand there: {OffloadTargetList.AcceptedForms}.");
        }
        else if (HasKernels)
        {
            Resolve(targets, space, cache);
        }
    }

    private string WithoutNative(SearchSpace space, ProbeCache cache)
    {
        if (!OffloadTargetList.AsksForNative(OffloadArchs))
        {
            return OffloadArchs;
        }

        IReadOnlyList<string> gpus = HasKernels ? new MachineGpus(space, cache, _cancellation.Token).Architectures() : [];
        if (HasKernels && gpus.Count == 0)
        {
            Log.Warning(
                DiagnosticIds.NoGpu,
                $"No GPU was found for 'native' in QuickReduceOffloadArchs, so it stands for 'host', this machine's CPU. Asked were {MachineGpus.AskedPrograms}, "
                + "as far as they are there. Remedy: install the driver with its tools, or name the architectures: gfx942, sm_90.");
        }

        return OffloadTargetList.ReplaceNative(OffloadArchs, gpus);
    }

    private void Resolve(IReadOnlyList<OffloadTarget> targets, SearchSpace space, ProbeCache cache)
    {
        var probe = new CompilerProbe(cache, space.PathFolders, Path.GetDirectoryName(Path.GetFullPath(CacheFile))!, _cancellation.Token);
        var candidates = new CompilerCandidates(space);
        IReadOnlyList<ResolvedTarget> resolved = new ToolchainResolver(candidates, probe).Resolve(targets);
        if (_cancellation.IsCancellationRequested)
        {
            // Answers of compilers that were killed are none.
            return;
        }

        cache.Save();
        ResolvedTarget[] without = [.. resolved.Where(target => target.Toolchain is null)];
        if (without.Length > 0)
        {
            ReportMissing(without, candidates);
        }

        Targets = [.. resolved.Where(target => target.Toolchain is not null).Select(ToItem)];
    }

    private void ReportMissing(ResolvedTarget[] without, CompilerCandidates candidates)
    {
        string message = MissingCompilerMessage.Compose(without, candidates);
        if (RequireNative)
        {
            Log.Error(DiagnosticIds.NoCompiler, message + " It is an error because QuickReduceRequireNative is true.");
        }
        else
        {
            Log.Warning(DiagnosticIds.NoCompiler, message + " The managed build is complete without them.");
        }
    }

    private ITaskItem ToItem(ResolvedTarget resolved)
    {
        ToolchainChoice toolchain = resolved.Toolchain!;
        var item = new TaskItem(EscapingUtilities.Escape(resolved.Target.Name));
        item.SetMetadata(ItemMetadata.Kind, resolved.Target.Kind.ToString());
        item.SetMetadata(ItemMetadata.RequestedAs, resolved.Target.RequestedAs);
        item.SetMetadata(ItemMetadata.CompilerKind, toolchain.Compiler.Kind.ToString());
        item.SetMetadata(ItemMetadata.CompilerPath, EscapingUtilities.Escape(toolchain.Compiler.Path));
        item.SetMetadata(ItemMetadata.CompilerVersion, EscapingUtilities.Escape(toolchain.Compiler.Version));
        item.SetMetadata(ItemMetadata.CompilerName, EscapingUtilities.Escape(toolchain.Compiler.DisplayName));
        item.SetMetadata(ItemMetadata.UseLld, toolchain.UseLld ? "true" : "false");
        Log.LogMessage(MessageImportance.Low, "QuickReduce: {0} with {1} ({2})", resolved.Target.Name, toolchain.Compiler.Path, toolchain.Compiler.DisplayName);
        return item;
    }
}
