namespace QuickReduce.Build;

internal enum DiagnosticSeverity
{
    Note,
    Warning,
    Error,
}

/// <summary>One message of a compiler. <see cref="File"/> is null where it is about no file.</summary>
internal sealed record CompilerDiagnostic(DiagnosticSeverity Severity, string? File, int Line, int Column, string Text);
