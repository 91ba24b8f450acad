using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace QuickReduce.InstructionStreams;

/// <summary>Where a value comes from, as far as it matters whose memory an address points to.</summary>
[Flags]
public enum Origin
{
    /// <summary>No address that came from outside.</summary>
    None = 0,

    /// <summary>The kernel's arguments.</summary>
    Arguments = 1,

    /// <summary>This rank's input.</summary>
    Input = 2,

    /// <summary>This rank's output.</summary>
    Output = 4,

    /// <summary>This rank's own workspace.</summary>
    Workspace = 8,

    /// <summary>A rank's workspace, from the table of all ranks'.</summary>
    Peer = 16,

    /// <summary>A rank's input or output, from what it announced.</summary>
    Announced = 32,
}

/// <summary>What is known of a register.</summary>
/// <param name="Stride">
/// By how much the value grows from a lane to the next; 0 where all lanes have the same, <see langword="null"/> if unknown.
/// </param>
/// <param name="Origin">Where it comes from.</param>
public readonly record struct RegisterValue(int? Stride, Origin Origin)
{
    /// <summary>The same in all lanes, and no address.</summary>
    public static readonly RegisterValue Uniform = new(0, Origin.None);

    /// <summary>What holds of a value that is one of two.</summary>
    public static RegisterValue Join(RegisterValue a, RegisterValue b) => new(a.Stride == b.Stride ? a.Stride : null, a.Origin | b.Origin);
}

/// <summary>What is known of all registers at one place of a kernel. A value: never changed, compared by content.</summary>
public sealed partial class Registers : IEquatable<Registers>
{
    private const int FirstVector = 128;
    private const int FirstAccumulator = 640;
    private const int FirstSaved = 1152; // scalar registers put into lanes of vector registers, which then hold nothing else
    private const int Lanes = 64;
    private const int Count = FirstSaved + (FirstAccumulator - FirstVector) * Lanes;
    private const int Vcc = 106;
    private const int AddressBytes = 8;

    private const int PageSize = 32;

    private static readonly ConcurrentDictionary<string, int[]> Known = new();

    private readonly RegisterValue[][] _pages; // shared with what came before, where nothing was written

    private Registers(RegisterValue[][] pages) => _pages = pages;

    /// <summary>Where a kernel begins: <c>s[0:1]</c> point to the arguments, <c>v0</c> is the number of the lane.</summary>
    public static Registers AtEntry { get; } = CreateEntry();

    /// <summary>What holds where two paths meet.</summary>
    public static Registers Join(Registers a, Registers b) =>
        new([.. a._pages.Zip(b._pages, static (x, y) => x == y || x.AsSpan().SequenceEqual(y) ? x : [.. x.Zip(y, RegisterValue.Join)])]);

    /// <summary>What is known of the address that a load or a store accesses.</summary>
    public RegisterValue AddressOf(Instruction access)
    {
        var vector = access.Operands[access.IsStore ? 0 : 1];
        var scalar = access.Operands[2];
        return scalar == "off" ? this[vector] : Sum(this[vector], this[scalar]);
    }

    /// <summary>What is known after an instruction.</summary>
    public Registers After(Instruction instruction)
    {
        if (instruction.IsStore || instruction.Operands.Count == 0 || Indices(instruction.Operands[0]).Length == 0
            || instruction.Mnemonic.StartsWith("s_cmp", StringComparison.Ordinal))
        {
            return this;
        }

        var pages = (RegisterValue[][])_pages.Clone();
        if (instruction.Mnemonic == "v_writelane_b32")
        {
            Write(pages, SavedIn(instruction.Operands[0], instruction.Operands[2]), this[instruction.Operands[1]]);
            return new Registers(pages);
        }

        var written = Indices(instruction.Operands[0]);
        for (var i = 0; i < written.Length; ++i)
        {
            Write(pages, written[i], ResultOf(instruction, i));
        }

        if (instruction.Mnemonic.StartsWith("v_add_co", StringComparison.Ordinal) || instruction.Mnemonic.StartsWith("v_addc_co", StringComparison.Ordinal))
        {
            foreach (var carry in Indices(instruction.Operands[1]))
            {
                Write(pages, carry, default);
            }
        }

        return new Registers(pages);
    }

    /// <inheritdoc/>
    public bool Equals(Registers? other) => other is not null && _pages.Zip(other._pages, static (a, b) => a == b || a.AsSpan().SequenceEqual(b)).All(static equal => equal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Registers);

    /// <inheritdoc/>
    public override int GetHashCode() => _pages.SelectMany(static page => page).Aggregate(17, static (hash, value) => HashCode.Combine(hash, value));

    /// <summary>The value of an operand: of the first register where it names several, or of a constant.</summary>
    private RegisterValue this[string operand] =>
        Indices(operand) is [var first, ..] ? At(first) : RegisterValue.Uniform;

    /// <summary>Where it stands what a lane of a vector register was given.</summary>
    private static int SavedIn(string vector, string lane) =>
        FirstSaved + (Indices(vector)[0] - FirstVector) * Lanes + (int.TryParse(lane, CultureInfo.InvariantCulture, out var number) ? number
            : throw new NotSupportedException($"{vector}, {lane}: lanes that are computed are not followed."));

    private RegisterValue At(int index) => _pages[index / PageSize][index % PageSize];

    private static void Write(RegisterValue[][] pages, int index, RegisterValue value)
    {
        ref var page = ref pages[index / PageSize];
        if (page[index % PageSize] != value)
        {
            page = [.. page];
            page[index % PageSize] = value;
        }
    }

    private static Registers CreateEntry()
    {
        var values = new RegisterValue[Count];
        Array.Fill(values, RegisterValue.Uniform, 0, FirstVector);
        values[0] = values[1] = new RegisterValue(0, Origin.Arguments);
        values[FirstVector] = new RegisterValue(1, Origin.None);
        return new Registers([.. values.Chunk(PageSize)]);
    }

    private static RegisterValue Sum(RegisterValue a, RegisterValue b) => new(a.Stride + b.Stride, a.Origin | b.Origin);

    private static RegisterValue Shifted(RegisterValue value, string bits) => value with
    {
        Stride = int.TryParse(bits, CultureInfo.InvariantCulture, out var count) ? value.Stride << count : value.Stride == 0 ? 0 : null,
    };

    /// <summary>Numbers of the registers that an operand names: scalar ones first, then vector ones, then accumulators.</summary>
    internal static int[] Indices(string operand) => Known.GetOrAdd(operand, static operand =>
    {
        var match = Names().Match(operand);
        if (!match.Success)
        {
            return [];
        }

        if (match.Value.StartsWith("vcc", StringComparison.Ordinal))
        {
            return [Vcc];
        }

        var first = int.Parse(match.Groups["first"].Value, CultureInfo.InvariantCulture);
        var last = match.Groups["last"].Success ? int.Parse(match.Groups["last"].Value, CultureInfo.InvariantCulture) : first;
        var file = match.Groups["file"].Value switch { "s" => 0, "v" => FirstVector, _ => FirstAccumulator };
        return [.. Enumerable.Range(file + first, last - first + 1)];
    });

    /// <summary>What an instruction writes to the i-th of its destination's registers.</summary>
    private RegisterValue ResultOf(Instruction instruction, int i)
    {
        var operands = instruction.Operands;
        if (instruction.IsScalarLoad)
        {
            return new RegisterValue(0, LoadedBy(instruction, this[operands[1]].Origin, Offset(operands[2]) / 4 + i));
        }

        if (instruction.IsLoad)
        {
            var address = AddressOf(instruction);
            return new RegisterValue(address.Stride == 0 ? 0 : null, LoadedBy(instruction, address.Origin, i));
        }

        var sources = operands.Skip(1).Select(operand => this[operand]).ToArray();
        return BaseName(instruction.Mnemonic) switch
        {
            "v_readlane_b32" when At(SavedIn(operands[1], operands[2])) is var saved && saved != default => saved,
            "v_readfirstlane_b32" or "v_readlane_b32" => new RegisterValue(0, sources[0].Origin),
            "v_mov_b32" or "v_mov_b64" or "s_mov_b32" or "s_mov_b64" => Part(operands[1], i),
            "v_lshlrev_b32" or "v_lshlrev_b64" => Shifted(sources[1], operands[1]),
            "v_lshl_add_u64" => i == 0 ? Sum(Shifted(sources[0], operands[2]), sources[2]) : Part(operands[3], 1) with { Stride = null },
            "v_lshl_add_u32" => Sum(Shifted(sources[0], operands[2]), sources[2]),
            "v_add_lshl_u32" => Shifted(Sum(sources[0], sources[1]), operands[3]),
            "v_add_u32" => Sum(sources[0], sources[1]),
            "v_add3_u32" => Sum(Sum(sources[0], sources[1]), sources[2]),
            "v_add_co_u32" => Sum(sources[1], sources[2]),
            "v_cndmask_b32" => RegisterValue.Join(sources[0], sources[1]),
            _ => new RegisterValue(
                sources.All(static source => source.Stride == 0) && !BaseName(instruction.Mnemonic).StartsWith("v_cmp", StringComparison.Ordinal) ? 0 : null,
                sources.Aggregate(Origin.None, static (origin, source) => origin | source.Origin)),
        };
    }

    /// <summary>The i-th register of an operand of two, as 64-bit moves copy it.</summary>
    private RegisterValue Part(string operand, int i) => Indices(operand) is { Length: > 1 } indices ? At(indices[i]) : this[operand];

    /// <summary>What the n-th dword of what is loaded is, from what was at the address.</summary>
    private static Origin LoadedBy(Instruction load, Origin address, int dword) => address switch
    {
        Origin.Arguments => dword switch { < 2 => Origin.Input, < 4 => Origin.Output, < 6 => Origin.Workspace, _ => Origin.None },
        Origin.Workspace when load.IsSystemScope && load.Bytes == 8 => Origin.Announced,
        Origin.Workspace when !load.IsStreaming && !load.IsSystemScope && load.Bytes >= AddressBytes => Origin.Peer,
        _ => Origin.None,
    };

    private static int Offset(string operand) => operand.StartsWith("0x", StringComparison.Ordinal)
        ? (int)Instruction.ParseHex(operand[2..])
        : int.TryParse(operand, CultureInfo.InvariantCulture, out var offset) ? offset : 0;

    private static string BaseName(string mnemonic) =>
        mnemonic.EndsWith("_e32", StringComparison.Ordinal) || mnemonic.EndsWith("_e64", StringComparison.Ordinal) ? mnemonic[..^4] : mnemonic;

    [GeneratedRegex(@"(?<![a-z0-9_])(?:(?<file>[sva])(?:\[(?<first>\d+):(?<last>\d+)\]|(?<first>\d+))(?![a-z0-9_])|vcc(?:_lo|_hi)?)")]
    private static partial Regex Names();
}
