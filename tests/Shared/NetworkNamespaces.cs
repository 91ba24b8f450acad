using System.Diagnostics;
using Xunit;

namespace QuickReduce.Tests.Shared;

/// <summary>A test on two hosts that are network namespaces (<c>two-hosts.sh</c>); skipped, with the reason, where they cannot be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresNamespacesFactAttribute : FactAttribute
{
    /// <summary>Names the programs that it needs besides.</summary>
    public RequiresNamespacesFactAttribute(params string[] programs) =>
        Skip = Programs.SkipReason(["unshare", "nsenter", "ip", "mount", .. programs]) ?? NetworkNamespaces.SkipReason.Value;
}

/// <summary>Two hosts that are network namespaces of this one.</summary>
internal static class NetworkNamespaces
{
    /// <summary>Why they cannot be made here; null where they can.</summary>
    public static Lazy<string?> SkipReason { get; } = new(static () =>
    {
        var start = Start("true");
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : "network namespaces cannot be made here: " + said.Trim();
    });

    /// <summary>How to start a command on the first of them.</summary>
    public static ProcessStartInfo Start(params string[] command) =>
        new("unshare", ["--user", "--map-root-user", "--net", "--mount", "--uts", "sh", Path.Combine(AppContext.BaseDirectory, "two-hosts.sh"), .. command]);
}
