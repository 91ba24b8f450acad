namespace QuickReduce.Build.Tests;

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

/// <summary>The same for a test with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixTheoryAttribute : TheoryAttribute
{
    public UnixTheoryAttribute() => Skip = new UnixFactAttribute().Skip;
}

internal static class SystemPrograms
{
    public static string? Find(string program) => new SearchSpace(Environment.GetEnvironmentVariable).FindOnPath(program);

    public static string Get(string program) =>
        Find(program) ?? throw new InvalidOperationException($"{program} is not on the PATH and QUICKREDUCE_REQUIRE_NATIVE is 1.");
}
