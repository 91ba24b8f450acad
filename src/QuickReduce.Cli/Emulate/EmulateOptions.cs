using System.CommandLine;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Emulation;

namespace QuickReduce.Cli.Emulate;

/// <summary>The command line of <c>emulate</c>.</summary>
internal sealed class EmulateOptions
{
    private const int DefaultSeeds = 5;
    private const int MostElements = 1 << 26;

    private readonly Argument<FileInfo[]> _files = new("files")
    {
        Description = "Built assemblies (.dll), with their code objects beside them as the build places them, or code objects (.hsaco).",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _architecture = new("--arch") { Description = "Whose code objects to run: gfx942 or gfx950.", DefaultValueFactory = static _ => "gfx942" };
    private readonly Option<string?> _kernel = new("--kernel") { Description = "Only kernels whose name contains this: int4, one_shot, bfloat16_fp …", HelpName = "text" };
    private readonly Option<int[]> _worldSizes = new("--world-size") { Description = "Only kernels for these numbers of ranks.", AllowMultipleArgumentsPerToken = true, HelpName = "ranks" };
    private readonly Option<int[]> _sizes = new("--size") { Description = "Elements of the calls, made in this order; by default 1, one tile and 77, and 33.", AllowMultipleArgumentsPerToken = true, HelpName = "elements" };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Number of schedules for each kernel.", DefaultValueFactory = static _ => DefaultSeeds };
    private readonly Option<ulong> _firstSeed = new("--first-seed") { Description = "The first seed; the others follow it. The same seed gives the same run.", DefaultValueFactory = static _ => 1 };
    private readonly Option<bool> _skew = new("--skew") { Description = "Stall whole ranks and waves at random.", DefaultValueFactory = static _ => true };
    private readonly Option<bool> _weakStores = new("--weak-stores") { Description = "Let other blocks see stores late, torn and out of order, as far as waits allow it.", DefaultValueFactory = static _ => true };
    private readonly Option<int> _maxBlocks = new("--max-blocks") { Description = "Most blocks of a rank; 0 for as many as are resident.", DefaultValueFactory = static _ => 2 };
    private readonly Option<FileInfo?> _messages = new("--messages") { Description = "All-reduce these instead of made numbers: elements of the kernel's type, the ranks' messages one after the other.", HelpName = "file" };
    private readonly Option<bool> _json = CommandOutput.CreateJsonOption();

    public void AddTo(Command command)
    {
        _architecture.AcceptOnlyFromAmong("gfx942", "gfx950");
        _seeds.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--seeds is at least 1.");
            }
        });
        _sizes.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int[]>() is { } sizes && sizes.Any(static size => size is < 0 or > MostElements))
            {
                result.AddError("--size has numbers of elements from 0 to " + MostElements + ".");
            }
        });
        _maxBlocks.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > KernelGeometry.MaxSlots)
            {
                result.AddError("--max-blocks is 0 to " + KernelGeometry.MaxSlots + ".");
            }
        });
        command.Arguments.Add(_files);
        foreach (var option in (Option[])[_architecture, _kernel, _worldSizes, _sizes, _seeds, _firstSeed, _skew, _weakStores, _maxBlocks, _messages, _json])
        {
            command.Options.Add(option);
        }
    }

    public EmulateSettings Read(ParseResult result) => new()
    {
        Paths = [.. result.GetValue(_files)!.Select(static file => file.FullName)],
        Architecture = result.GetValue(_architecture)!,
        Kernel = result.GetValue(_kernel),
        WorldSizes = result.GetValue(_worldSizes) ?? [],
        Sizes = result.GetValue(_sizes) ?? [],
        Seeds = result.GetValue(_seeds),
        FirstSeed = result.GetValue(_firstSeed),
        MaxBlocks = result.GetValue(_maxBlocks),
        MessageFile = result.GetValue(_messages)?.FullName,
        Json = result.GetValue(_json),
        Machine = new EmulationOptions
        {
            Architecture = result.GetValue(_architecture)!,
            Skew = result.GetValue(_skew),
            WeakMemory = result.GetValue(_weakStores),
            LivelockGrace = TimeSpan.Zero, // everything is enqueued before anything is waited for
        },
    };
}

/// <summary>What <c>emulate</c> is asked for.</summary>
internal sealed record EmulateSettings
{
    public required IReadOnlyList<string> Paths { get; init; }

    public required string Architecture { get; init; }

    public string? Kernel { get; init; }

    public required IReadOnlyList<int> WorldSizes { get; init; }

    public required IReadOnlyList<int> Sizes { get; init; }

    public int Seeds { get; init; }

    public ulong FirstSeed { get; init; }

    public int MaxBlocks { get; init; }

    public string? MessageFile { get; init; }

    public bool Json { get; init; }

    public required EmulationOptions Machine { get; init; }

    public bool Includes(EmulatedVariant variant) =>
        (Kernel is null || variant.Variant.KernelName.Contains(Kernel, StringComparison.Ordinal))
        && (WorldSizes.Count == 0 || WorldSizes.Contains(variant.Variant.WorldSize));

    /// <summary>The ranks' messages from the file; null where there is none.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="ArgumentException">It does not hold as many messages, of whole elements, as the variant has ranks.</exception>
    public IReadOnlyList<byte[]>? MessagesFor(KernelVariant variant)
    {
        if (MessageFile is null)
        {
            return null;
        }

        var bytes = File.ReadAllBytes(MessageFile);
        var unit = variant.WorldSize * WireFormat.SizeOf(variant.DataType);
        return bytes.Length % unit == 0 && bytes.Length > 0
            ? [.. bytes.Chunk(bytes.Length / variant.WorldSize)]
            : throw new ArgumentException($"'{MessageFile}' has {bytes.Length} bytes, which are not {variant.WorldSize} messages of whole elements of {WireFormat.SizeOf(variant.DataType)} bytes. Choose kernels with --world-size and --kernel.");
    }
}
