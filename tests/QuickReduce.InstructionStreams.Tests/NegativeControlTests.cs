using QuickReduce.Tests.Shared;

namespace QuickReduce.InstructionStreams.Tests;

/// <summary>
/// That the rules can fail: kernels that were built, with an instruction deleted, moved or changed, wherever that can be done.
/// Each has to break the rule that is there for it.
/// </summary>
public sealed class NegativeControlTests
{
    private static readonly Control[] Controls =
    [
        new("stores not waited for", Kind.Flags | Kind.Announcements, OrderRule.WavesWait, static (code, i) =>
            code[i].WaitsForMemory && code[i + 1].IsBarrier && Before(code, i, static x => x.IsLoad || x.IsStore) is { IsStore: true } ? Delete(code, i) : null),
        new("all but one store waited for", Kind.Flags | Kind.Announcements, OrderRule.WavesWait, static (code, i) =>
            code[i].WaitsForMemory && code[i + 1].IsBarrier && Before(code, i, static x => x.IsLoad || x.IsStore) is { IsStore: true }
                ? Replace(code, i, code[i] with { Operands = ["vmcnt(1)"], Modifiers = [] }) : null),
        new("no barrier between stores and flag", Kind.Flags | Kind.Announcements, OrderRule.FlagsFollow, static (code, i) =>
            code[i].IsBarrier && After(code, i, static x => x.IsBarrier || x.Mnemonic == "buffer_wbl2") is { IsBarrier: false } ? Delete(code, i) : null),
        new("no barrier behind a flag", Kind.Flags, OrderRule.Meet, static (code, i) =>
            code[i].IsBarrier && Before(code, i, static x => x.IsBarrier || x.Mnemonic == "buffer_inv") is { Mnemonic: "buffer_inv" }
                && After(code, i, static x => x.IsStreaming && x.IsLoad || x.IsEnd) is { IsLoad: true } ? Delete(code, i) : null),
        new("no write-back", Kind.Flags | Kind.Announcements, OrderRule.FlagsFollow, static (code, i) =>
            code[i].Mnemonic == "buffer_wbl2" ? Delete(code, i) : null),
        new("write-back within the GPU only", Kind.Flags | Kind.Announcements, OrderRule.FlagsFollow, static (code, i) =>
            code[i].Mnemonic == "buffer_wbl2" ? Replace(code, i, Without(code[i], "sc0")) : null),
        new("write-back not waited for", Kind.Flags | Kind.Announcements, OrderRule.FlagsFollow, static (code, i) =>
            code[i].WaitsForMemory && Before(code, i, IsMemory) is { Mnemonic: "buffer_wbl2" } ? Delete(code, i) : null),
        new("flag stored before the write-back", Kind.Flags | Kind.Announcements, OrderRule.FlagsFollow, static (code, i) =>
            IsFlag(code[i]) ? Move(code, i, code.ToList().FindLastIndex(i, static x => x.Mnemonic == "buffer_wbl2")) : null),
        new("flag within the GPU only", Kind.Flags | Kind.Announcements, OrderRule.WriteBacks, static (code, i) =>
            IsFlag(code[i]) ? Replace(code, i, Without(code[i], "sc1")) : null),
        new("no flag", Kind.Flags | Kind.Announcements, OrderRule.WriteBacks, static (code, i) => IsFlag(code[i]) ? Delete(code, i) : null),
        new("no acquire behind a poll", Kind.Flags | Kind.Announcements, OrderRule.Acquired, static (code, i) =>
            code[i].Mnemonic == "buffer_inv" && After(code, i, static x => x.IsBarrier || x.IsEnd || x.IsStreaming) is { IsEnd: false } ? Delete(code, i) : null),
        new("an acquire at every turn", Kind.Flags, OrderRule.Polls, static (code, i) =>
            code[i].Mnemonic == "s_sleep" ? Replace(code, i, code[i] with { Mnemonic = "buffer_inv", Operands = ["sc0"], Modifiers = ["sc1"] }) : null),
        new("a poll without sleep", Kind.Flags | Kind.Announcements, OrderRule.Polls, static (code, i) => code[i].Mnemonic == "s_sleep" ? Delete(code, i) : null),
        new("a poll within the GPU", Kind.Flags | Kind.Announcements, OrderRule.Polls, static (code, i) =>
            code[i].IsLoad && code[i].IsSystemScope && code[i].Bytes == 4 && code[i - 1].Mnemonic.StartsWith("s_sleep", StringComparison.Ordinal)
                ? Replace(code, i, Without(code[i], "sc1")) : null),
        new("no flag for the last sums", Kind.Flags, OrderRule.Peers, static (code, i) =>
            code[i] is { Mnemonic: "s_add_i32", Operands: [var sum, var tiles, "1"] } && code.Where((x, j) => LetsFlagsOut(code, j) && x.Operands[1] == sum).Any()
                ? Replace(code, i, code[i] with { Operands = [sum, tiles, "0"] }) : null),
        new("flags in the last turn only", Kind.Flags, OrderRule.Peers, static (code, i) =>
            LetsFlagsOut(code, i) ? Replace(code, i, code[i] with { Mnemonic = "s_cmp_lt_u32" }) : null),
        new("a packet within the GPU", Kind.Packets | Kind.HalfAtoms, OrderRule.Peers, static (code, i) =>
            code[i].IsStore && code[i].IsSystemScope ? Replace(code, i, Without(code[i], "sc1")) : null),
        new("a row on the wire that stays in the caches", Kind.Flags, "atoms and rows on the wire are marked as streaming", static (code, i) =>
            code[i].IsStore && code[i].IsStreaming && code[i].Bytes >= 4 && code.Take(i).Any(static x => x.IsLoad && x.Bytes == 16) // behind the rows of edges
                ? Replace(code, i, Without(code[i], "nt")) : null),
        new("lanes twice as far apart", Kind.Flags | Kind.Announcements, "neighbouring lanes access neighbouring bytes", static (code, i) =>
            code[i].IsStreaming && code[i].Bytes == 16 ? Replace(code, i, code[i] with { Mnemonic = code[i].Mnemonic.Replace("x4", "x2", StringComparison.Ordinal) }) : null),
        new("messages in other portions", Kind.Packets | Kind.Flags | Kind.HalfAtoms, "messages are read and written 16 bytes at a time", static (code, i) =>
            !code[i].IsStreaming ? null : code[i].Bytes switch
            {
                16 => Replace(code, i, code[i] with { Mnemonic = code[i].Mnemonic.Replace("x4", "x2", StringComparison.Ordinal) }),
                8 => Replace(code, i, code[i] with { Mnemonic = code[i].Mnemonic.Replace("x2", "x4", StringComparison.Ordinal) }),
                _ => null,
            }),
        new("lanes half as far apart", Kind.HalfAtoms, "neighbouring lanes access neighbouring bytes", static (code, i) =>
            code[i].IsStreaming && code[i].Bytes == 8 ? Replace(code, i, code[i] with { Mnemonic = code[i].Mnemonic.Replace("x2", "x4", StringComparison.Ordinal) }) : null),
        new("a flat access", Kind.All, "memory is accessed by global instructions", static (code, i) =>
            code[i].IsLoad ? Replace(code, i, code[i] with { Mnemonic = code[i].Mnemonic.Replace("global_", "flat_", StringComparison.Ordinal) }) : null),
        new("an exchange through LDS", Kind.Flags | Kind.Packets, "memory is accessed by global instructions", static (code, i) =>
            code[i].Has("row_mask:0xf") ? Replace(code, i, code[i] with { Mnemonic = "ds_bpermute_b32" }) : null),
        new("another rounding", Kind.All, "the floating-point mode is that of docs/numerics.md", static (code, i) =>
            i == 0 ? Replace(code, i, code[i] with { Mnemonic = "s_setreg_imm32_b32", Operands = ["hwreg(HW_REG_MODE, 0, 2)", "1"] }) : null),
    ];

    public static TheoryData<string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var control in Controls)
            {
                foreach (var kind in new[] { Kind.Flags, Kind.Packets, Kind.Announcements, Kind.HalfAtoms }.Where(kind => control.Kinds.HasFlag(kind)))
                {
                    data.Add(control.Name, kind.ToString());
                }
            }

            return data;
        }
    }

    [RequiresProgramsTheory("clang++-22", "llvm-objdump-22")]
    [MemberData(nameof(Cases))]
    public void A_broken_kernel_is_found(string name, string kind)
    {
        var control = Controls.Single(control => control.Name == name);
        var (kernel, handshake) = KernelOf(Enum.Parse<Kind>(kind));
        var broken = Enumerable.Range(0, kernel.Instructions.Count)
            .Select(i => (Place: kernel.Instructions[i], Code: control.Break(kernel.Instructions, i)))
            .Where(static change => change.Code is not null)
            .ToArray();
        Assert.NotEmpty(broken);
        Assert.All(Sample(broken), change => Assert.True(
            StreamRule.Violations(kernel.With(change.Code!), handshake).Any(violation => violation.Contains(control.Rule)),
            $"{change.Place}: '{control.Rule}' does not see that."));
    }

    [RequiresProgramsTheory("clang++-22", "llvm-objdump-22")]
    [InlineData("float_denorm_mode_32", 0)]
    [InlineData("float_denorm_mode_16_64", 2)]
    [InlineData("float_round_mode_32", 3)]
    [InlineData("fp16_overflow", 1)]
    [InlineData("ieee_mode", 0)]
    [InlineData("private_segment_fixed_size", 16)]
    public void A_wrong_descriptor_is_found(string field, long value)
    {
        var (kernel, handshake) = KernelOf(Kind.Flags);
        Assert.Single(StreamRule.Violations(kernel.With(field, value), handshake));
    }

    private static (KernelCode, Handshake) KernelOf(Kind kind)
    {
        var (unit, algorithm) = kind switch
        {
            Kind.Flags => ("bfloat16_int6", AllReduceAlgorithm.TwoShot),
            Kind.Packets => ("bfloat16_int6", AllReduceAlgorithm.OneShot),
            Kind.HalfAtoms => ("float16_fp", AllReduceAlgorithm.OneShot),
            _ => ("float16_fp", AllReduceAlgorithm.Direct),
        };
        var (variant, code) = CodeObjects.Kernels("gfx942", StreamKernels.Kernels.Name + "." + unit)
            .Single(kernel => kernel.Variant.Algorithm == algorithm && kernel.Variant.WorldSize == 2);
        return (code, CodeObjects.HandshakeOf(variant));
    }

    /// <summary>Not more than a dozen, from the first to the last.</summary>
    private static IEnumerable<T> Sample<T>(T[] items) => Enumerable.Range(0, Math.Min(items.Length, 12)).Select(i => items[i * items.Length / Math.Min(items.Length, 12)]);

    private static bool IsFlag(Instruction instruction) => instruction.IsStore && instruction.IsSystemScope && instruction.Bytes == 4;

    /// <summary>Whether it compares the turn of a pipeline to decide whether flags are raised: what follows is a branch round a barrier.</summary>
    private static bool LetsFlagsOut(IReadOnlyList<Instruction> code, int i) =>
        code[i].Mnemonic == "s_cmp_ge_u32" && code[i + 1].IsBranch && code[i + 2].WaitsForMemory && code[i + 3].IsBarrier;

    private static bool IsMemory(Instruction instruction) => instruction.IsLoad || instruction.IsStore || instruction.Mnemonic.StartsWith("buffer_", StringComparison.Ordinal);

    private static Instruction? Before(IReadOnlyList<Instruction> code, int i, Func<Instruction, bool> condition) => code.Take(i).LastOrDefault(condition);

    private static Instruction? After(IReadOnlyList<Instruction> code, int i, Func<Instruction, bool> condition) => code.Skip(i + 1).FirstOrDefault(condition);

    private static Instruction Without(Instruction instruction, string word) => instruction with
    {
        Operands = [.. instruction.Operands.Where(operand => operand != word)],
        Modifiers = [.. instruction.Modifiers.Where(modifier => modifier != word)],
    };

    private static Instruction[] Delete(IReadOnlyList<Instruction> code, int i) => [.. code.Where((_, index) => index != i)];

    private static Instruction[] Replace(IReadOnlyList<Instruction> code, int i, Instruction instruction) =>
        [.. code.Select((old, index) => index == i ? instruction : old)];

    /// <summary>Moves an instruction to an earlier place, whose address it takes.</summary>
    private static Instruction[] Move(IReadOnlyList<Instruction> code, int from, int to) =>
        [.. code.Take(to), code[from] with { Address = code[to].Address }, .. code.Skip(to).Where((_, index) => index != from - to)];

    [Flags]
    private enum Kind
    {
        Flags = 1,
        Packets = 2,
        Announcements = 4,
        HalfAtoms = 8,
        All = 15,
    }

    private static class OrderRule
    {
        public const string WavesWait = "every wave waits for its stores before a barrier";
        public const string FlagsFollow = "a flag does not overtake the data";
        public const string WriteBacks = "a write-back is followed by a flag at system scope";
        public const string Peers = "stores to other ranks are released";
        public const string Polls = "polls are relaxed loads at system scope";
        public const string Acquired = "what a flag vouches for is read after an acquire";
        public const string Meet = "all waves meet between a flag and what it vouches for";
    }

    /// <summary>Something that must not be done to a kernel.</summary>
    /// <param name="Name">What is done.</param>
    /// <param name="Kinds">Kernels that it can be done to.</param>
    /// <param name="Rule">The rule that has to see it.</param>
    /// <param name="Break">The code with it done at an instruction; null where it cannot be.</param>
    private sealed record Control(string Name, Kind Kinds, string Rule, Func<IReadOnlyList<Instruction>, int, Instruction[]?> Break);
}
