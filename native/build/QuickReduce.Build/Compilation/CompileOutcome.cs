namespace QuickReduce.Build;

/// <summary>How a job ended: with code, or with a reason why not.</summary>
/// <param name="Job">The job.</param>
/// <param name="Diagnostics">What the compiler said.</param>
/// <param name="FailureId">Null if it succeeded; else what went wrong.</param>
/// <param name="FailureText">The failure in words, where the diagnostics don't say it all.</param>
/// <param name="RawOutput">All that the compiler wrote, for the detailed log.</param>
internal sealed record CompileOutcome(
    CompileJob Job,
    IReadOnlyList<CompilerDiagnostic> Diagnostics,
    string? FailureId,
    string? FailureText,
    string RawOutput)
{
    public bool Succeeded => FailureId is null;

    public bool Cancelled { get; init; }
}
