using Xunit;

namespace QuickReduce.Tests.Shared;

/// <summary>
/// A test that needs programs of this machine. Where one is missing the test is skipped and says which; with
/// <c>QUICKREDUCE_REQUIRE_NATIVE=1</c> it runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresProgramsFactAttribute : FactAttribute
{
    /// <summary>Names the programs.</summary>
    public RequiresProgramsFactAttribute(params string[] programs) => Skip = Programs.SkipReason(programs);
}

/// <summary>The same for a test with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresProgramsTheoryAttribute : TheoryAttribute
{
    /// <summary>Names the programs.</summary>
    public RequiresProgramsTheoryAttribute(params string[] programs) => Skip = Programs.SkipReason(programs);
}

/// <summary>Programs on the search path.</summary>
internal static class Programs
{
    /// <summary>Why a test that needs the programs cannot run here; <see langword="null"/> when it can, or must.</summary>
    public static string? SkipReason(string[] programs)
    {
        var missing = programs.Where(static program => !IsOnPath(program)).ToArray();
        var required = Environment.GetEnvironmentVariable("QUICKREDUCE_REQUIRE_NATIVE") == "1";
        return missing.Length == 0 || required ? null : $"not found on the PATH: {string.Join(", ", missing)}";
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}
