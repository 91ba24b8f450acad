using Xunit;

namespace QuickReduce.Tests.Devices;

/// <summary>
/// A test that compiles a native library; skipped, with the reason, where that is not possible, unless
/// <c>QUICKREDUCE_REQUIRE_NATIVE=1</c> says that nothing may be.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsCompilerFactAttribute : FactAttribute
{
    public NeedsCompilerFactAttribute() => Skip = TestLibrary.SkipReason;
}

/// <summary>The same with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsCompilerTheoryAttribute : TheoryAttribute
{
    public NeedsCompilerTheoryAttribute() => Skip = TestLibrary.SkipReason;
}
