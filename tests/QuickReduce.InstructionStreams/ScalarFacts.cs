using System.Collections.Immutable;
using System.Globalization;

namespace QuickReduce.InstructionStreams;

/// <summary>
/// What is known of scalar registers from the branches that a path took: differences of two of them. Enough to see that a
/// turn of a loop that sends is also one that raises flags. Sums are taken not to pass 2^32: they count tiles.
/// </summary>
internal sealed class ScalarFacts : IEquatable<ScalarFacts>
{
    private const int ScalarRegisters = 106;

    private readonly ImmutableDictionary<int, (int Register, int Add)> _sums; // a register that is another one and a constant
    private readonly ImmutableDictionary<(int Left, int Right), int> _below; // Left < Right + value

    private ScalarFacts(ImmutableDictionary<int, (int Register, int Add)> sums, ImmutableDictionary<(int Left, int Right), int> below) =>
        (_sums, _below) = (sums, below);

    /// <summary>Nothing is known.</summary>
    public static ScalarFacts None { get; } = new(
        ImmutableDictionary<int, (int Register, int Add)>.Empty, ImmutableDictionary<(int Left, int Right), int>.Empty);

    /// <summary>What holds where two paths meet: what holds on both.</summary>
    public static ScalarFacts Join(ScalarFacts a, ScalarFacts b) => a.Equals(b) ? a : new(
        a._sums.RemoveRange(a._sums.Where(sum => !b._sums.Contains(sum)).Select(static sum => sum.Key)),
        a._below.Where(fact => b._below.ContainsKey(fact.Key)).ToImmutableDictionary(
            static fact => fact.Key, fact => Math.Max(fact.Value, b._below[fact.Key])));

    /// <summary>What is known after an instruction.</summary>
    public ScalarFacts After(Instruction instruction)
    {
        var written = ScalarsWrittenBy(instruction);
        if (written.Length == 0)
        {
            return this;
        }

        var sums = _sums.RemoveRange(_sums.Where(sum => written.Contains(sum.Key) || written.Contains(sum.Value.Register)).Select(static sum => sum.Key));
        var below = _below.RemoveRange(_below.Keys.Where(fact => written.Contains(fact.Left) || written.Contains(fact.Right)));
        if (instruction.Mnemonic == "s_add_i32" && Scalar(instruction.Operands[1]) is { } source && !written.Contains(source)
            && int.TryParse(instruction.Operands[2], CultureInfo.InvariantCulture, out var add))
        {
            var (register, more) = _sums.GetValueOrDefault(source, (source, 0));
            sums = written.Contains(register) ? sums : sums.SetItem(written[0], (register, add + more));
        }

        return sums == _sums && below == _below ? this : new(sums, below);
    }

    /// <summary>What is known behind a branch, by its comparison; null if the path cannot go that way.</summary>
    /// <param name="code">The block that ends with the branch.</param>
    /// <param name="jumps">Whether it is taken.</param>
    public ScalarFacts? Behind(IReadOnlyList<Instruction> code, bool jumps)
    {
        if (code[^1].Mnemonic is not ("s_cbranch_scc0" or "s_cbranch_scc1"))
        {
            return this;
        }

        var between = code.Reverse().Skip(1).TakeWhile(KeepsCondition).ToArray();
        if (code.ElementAtOrDefault(code.Count - between.Length - 2) is not { } comparison
            || Scalar(comparison.Operands.ElementAtOrDefault(0)) is not { } a || Scalar(comparison.Operands.ElementAtOrDefault(1)) is not { } b
            || between.SelectMany(ScalarsWrittenBy).Any(written => written == a || written == b))
        {
            return this;
        }

        var holds = jumps == (code[^1].Mnemonic == "s_cbranch_scc1");
        return (comparison.Mnemonic, holds) switch
        {
            ("s_cmp_lt_u32", true) or ("s_cmp_ge_u32", false) => WithBelow(a, b, 0),
            ("s_cmp_le_u32", true) or ("s_cmp_gt_u32", false) => WithBelow(a, b, 1),
            ("s_cmp_gt_u32", true) or ("s_cmp_le_u32", false) => WithBelow(b, a, 0),
            ("s_cmp_ge_u32", true) or ("s_cmp_lt_u32", false) => WithBelow(b, a, 1),
            _ => this,
        };
    }

    /// <inheritdoc/>
    public bool Equals(ScalarFacts? other) => other is not null && (ReferenceEquals(this, other)
        || _sums.Count == other._sums.Count && _below.Count == other._below.Count && _sums.All(other._sums.Contains) && _below.All(other._below.Contains));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ScalarFacts);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_sums.Count, _below.Count);

    private ScalarFacts? WithBelow(int left, int right, int by)
    {
        var (x, addX) = _sums.GetValueOrDefault(left, (left, 0));
        var (y, addY) = _sums.GetValueOrDefault(right, (right, 0));
        if (addY < 0)
        {
            return this; // may have gone below zero, which is above all
        }

        var least = Math.Min(by + addY - addX, _below.GetValueOrDefault((x, y), int.MaxValue));
        var isPossible = !_below.TryGetValue((y, x), out var back) || least + back >= 2; // x ≤ y + least − 1 and y ≤ x + back − 1
        return isPossible ? new(_sums, _below.SetItem((x, y), least)) : null;
    }

    private static bool KeepsCondition(Instruction instruction) =>
        !instruction.Mnemonic.StartsWith("s_", StringComparison.Ordinal)
        || instruction.IsScalarLoad || instruction.IsBarrier || instruction.Mnemonic is "s_waitcnt" or "s_nop" or "s_mov_b32" or "s_mov_b64";

    private static int[] ScalarsWrittenBy(Instruction instruction) =>
        instruction.IsStore || instruction.Operands.Count == 0 || instruction.IsBranch || instruction.Mnemonic.StartsWith("s_cmp", StringComparison.Ordinal)
            ? []
            : [.. instruction.Operands.Take(instruction.Mnemonic.Contains("_co_", StringComparison.Ordinal) ? 2 : 1)
                .SelectMany(Registers.Indices).Where(static index => index < ScalarRegisters)];

    private static int? Scalar(string? operand) =>
        operand is not null && Registers.Indices(operand) is [var index] && index < ScalarRegisters ? index : null;
}
