using Microsoft.Build.Utilities;

namespace QuickReduce.Build;

/// <summary>Identifiers of what the native build reports; a page for each is in <c>docs/diagnostics</c>.</summary>
internal static class DiagnosticIds
{
    /// <summary>No compiler for a requested architecture.</summary>
    public const string NoCompiler = "QR2001";

    /// <summary>What the compiler says about a kernel's source.</summary>
    public const string KernelDoesNotCompile = "QR2002";

    /// <summary>A name in the list of architectures that is not one.</summary>
    public const string UnknownArchitecture = "QR2003";

    /// <summary>The assembly's kernel sources can't be extracted.</summary>
    public const string UnusableKernelSource = "QR2004";

    /// <summary>The compiler crashed, hung, or left something that is not code for the architecture.</summary>
    public const string CompilerMisbehaved = "QR2005";

    /// <summary>A property points at a compiler or folder that is not there.</summary>
    public const string ExplicitPathMissing = "QR2006";

    /// <summary>A file of the native build can't be read or written.</summary>
    public const string FileAccess = "QR2007";

    // QR2008 to QR2011 are in QuickReduce.Requirements.targets.

    /// <summary><c>native</c> is asked for and no GPU was found.</summary>
    public const string NoGpu = "QR2012";

    /// <summary>A kernel needs more registers or scratch, or leaves room for fewer waves, than its budget says.</summary>
    public const string BudgetExceeded = "QR2020";

    /// <summary>A kernel has a budget and its report does not have the figures.</summary>
    public const string BudgetNotChecked = "QR2021";
}

internal static class LoggingExtensions
{
    public static void Error(this TaskLoggingHelper log, string id, string message, string? file = null) =>
        log.LogError(null, id, null, file, 0, 0, 0, 0, "{0}", message);

    public static void ErrorAt(this TaskLoggingHelper log, string id, SourcePlace place, string message) =>
        log.LogError(null, id, null, place.File, place.Line, place.Column, 0, 0, "{0}", message);

    public static void WarningAt(this TaskLoggingHelper log, string id, SourcePlace place, string message) =>
        log.LogWarning(null, id, null, place.File, place.Line, place.Column, 0, 0, "{0}", message);

    public static void Warning(this TaskLoggingHelper log, string id, string message) =>
        log.LogWarning(null, id, null, null, 0, 0, 0, 0, "{0}", message);
}
