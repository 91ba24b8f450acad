namespace QuickReduce.Build.Tests;

/// <summary>A test that needs real compilers. Without them it is skipped with the reason, or fails where native is required.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresCompilerFactAttribute : FactAttribute
{
    public RequiresCompilerFactAttribute(params string[] programs)
    {
        string[] missing = [.. programs.Where(program => SystemPrograms.Find(program) is null)];
        if (missing.Length > 0 && !SystemPrograms.NativeIsRequired)
        {
            Skip = $"{string.Join(", ", missing)} not found on the PATH";
        }
    }
}

/// <summary>A test whose stand-in for a compiler is a shell script.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "the fake compiler is a shell script";
        }
    }
}

internal static class SystemPrograms
{
    public static bool NativeIsRequired => Environment.GetEnvironmentVariable("QUICKREDUCE_REQUIRE_NATIVE") == "1";

    public static string? Find(string program) => new SearchSpace(Environment.GetEnvironmentVariable).FindOnPath(program);

    public static string Get(string program) =>
        Find(program) ?? throw new InvalidOperationException($"{program} is not on the PATH and QUICKREDUCE_REQUIRE_NATIVE is 1.");
}
