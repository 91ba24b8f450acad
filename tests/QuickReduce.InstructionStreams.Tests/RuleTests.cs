using QuickReduce.Tests.Shared;

namespace QuickReduce.InstructionStreams.Tests;

/// <summary>
/// What holds for the instructions of every kernel for AMD GPUs, on every path through them. None has run on a card here:
/// what can be known from the instructions is checked instead.
/// </summary>
public sealed class RuleTests
{
    public static TheoryData<string, string> Units => CodeObjects.Units;

    [RequiresProgramsTheory("clang++-22", "llvm-objdump-22")]
    [MemberData(nameof(Units))]
    public void Every_kernel_keeps_every_rule(string architecture, string unit)
    {
        var violations = CodeObjects.Kernels(architecture, unit)
            .SelectMany(static kernel => StreamRule.Violations(kernel.Code, CodeObjects.HandshakeOf(kernel.Variant)))
            .ToArray();
        Assert.True(violations.Length == 0, string.Join('\n', violations));
    }
}
