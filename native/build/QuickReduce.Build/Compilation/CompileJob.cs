namespace QuickReduce.Build;

/// <summary>One source file to compile for one target.</summary>
internal sealed class CompileJob(
    string unitName, string sourcePath, OffloadTarget target, ToolchainChoice toolchain, IReadOnlyList<string> flags, string outputPath, string expectedStamp)
{
    public string UnitName { get; } = unitName;

    public string SourcePath { get; } = sourcePath;

    public OffloadTarget Target { get; } = target;

    public ToolchainChoice Toolchain { get; } = toolchain;

    public IReadOnlyList<string> Flags { get; } = flags;

    public string OutputPath { get; } = outputPath;

    public string ExpectedStamp { get; } = expectedStamp;

    /// <summary>A host library is code that runs in the process: the run time checks it against this before loading.</summary>
    public string? HashPath => Target.Kind == TargetKind.Host ? OutputPath + ".sha256" : null;

    /// <summary>Where the report on the output's kernels is written.</summary>
    public string ReportPath => CodeReportJson.PathFor(OutputPath);

    public bool IsUpToDate => (HashPath is null || File.Exists(HashPath)) && UpToDateStamp.IsUpToDate(OutputPath, ExpectedStamp);

    /// <summary>For messages: <c>gfx942 My.Kernels.float16_int4</c>.</summary>
    public override string ToString() => $"{Target.Name} {UnitName}";
}
