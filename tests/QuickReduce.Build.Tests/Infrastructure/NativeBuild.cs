using Microsoft.Build.Framework;

namespace QuickReduce.Build.Tests;

/// <summary>Resolve and compile as the targets run them, without MSBuild around.</summary>
internal sealed class NativeBuild(TemporaryFolder folder)
{
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);

    public string OffloadArchs { get; set; } = "gfx942";

    public string HostLevels { get; set; } = "";

    public string Clang { get; set; } = "";

    public string Hipcc { get; set; } = "";

    public string RocmPath { get; set; } = "";

    public string CompilerFlags { get; set; } = "";

    public bool RequireNative { get; set; }

    public int TimeoutSeconds { get; set; } = 60;

    public Dictionary<string, string> Environment { get; } = [];

    public RecordingBuildEngine Engine { get; private set; } = new();

    public string[] Kernels => folder.Files("obj/kernels");

    /// <summary>The compile task of the last run, to cancel it.</summary>
    public CompileKernels? Compile { get; private set; }

    public void SetSource(string unitName, string text) => _sources[unitName] = text;

    public void RemoveSource(string unitName)
    {
        _sources.Remove(unitName);
        string path = folder[$"obj/source/{unitName}.hip"];
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }

    public bool Run()
    {
        Engine = new RecordingBuildEngine();
        return Resolve(out ITaskItem[] targets) && RunCompile(targets);
    }

    public bool Resolve(out ITaskItem[] targets)
    {
        using var resolve = new ResolveToolchain
        {
            BuildEngine = Engine,
            OffloadArchs = OffloadArchs,
            HostLevels = HostLevels,
            Clang = Clang,
            Hipcc = Hipcc,
            RocmPath = RocmPath,
            RequireNative = RequireNative,
            CacheFile = folder["obj/toolchain.cache"],
            EnvironmentVariable = name => Environment.GetValueOrDefault(name),
            OptionalSoftwareFolder = folder["opt"],
            DistributionFolder = folder["usr"],
        };
        bool succeeded = resolve.Execute();
        targets = resolve.Targets;
        return succeeded;
    }

    private bool RunCompile(ITaskItem[] targets)
    {
        var sources = new List<ITaskItem>();
        foreach ((string unitName, string text) in _sources)
        {
            string path = folder[$"obj/source/{unitName}.hip"];
            FileText.WriteIfDifferent(path, text);
            var item = new Microsoft.Build.Utilities.TaskItem(path);
            item.SetMetadata(ItemMetadata.UnitName, unitName);
            sources.Add(item);
        }

        using CompileKernels compile = new()
        {
            BuildEngine = Engine,
            Sources = [.. sources],
            Targets = targets,
            OutputFolder = folder["obj/kernels"],
            LockFile = folder["obj/quickreduce.lock"],
            CompilerFlags = CompilerFlags,
            TimeoutSeconds = TimeoutSeconds,
        };
        Compile = compile;
        return compile.Execute();
    }
}
