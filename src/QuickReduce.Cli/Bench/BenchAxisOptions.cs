using System.CommandLine;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Cli.Kernels;
using QuickReduce.Policy;

namespace QuickReduce.Cli.Bench;

/// <summary>What to measure, as options: for all commands that measure all-reduces.</summary>
internal sealed class BenchAxisOptions
{
    private static readonly KnownNames<MeasuredAlgorithm> AlgorithmNames = new("algorithm",
    [
        ("auto", MeasuredAlgorithm.Auto), ("one-shot", MeasuredAlgorithm.OneShot), ("two-shot", MeasuredAlgorithm.TwoShot), ("direct", MeasuredAlgorithm.Direct),
        ("one_shot", MeasuredAlgorithm.OneShot), ("two_shot", MeasuredAlgorithm.TwoShot),
    ]);

    private static readonly AllReduceMode[] UsualModes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];

    private readonly ListOption<DeviceKind> _device = new("--device", "What runs the kernels", AxisNames.Devices, [DeviceKind.Auto]);

    private readonly ListOption<int> _worldSizes;

    private readonly ListOption<DataType> _dataTypes;

    private readonly ListOption<AllReduceMode> _modes;

    private readonly ListOption<MeasuredAlgorithm> _algorithms;

    private readonly Option<string[]> _sizes;

    private readonly IReadOnlyList<long> _usualSizes;

    private readonly Option<double> _seconds;

    /// <summary>Creates the options.</summary>
    /// <param name="usualAlgorithms">The algorithms that are measured where none is given.</param>
    /// <param name="usualSizes">The sizes that are measured where none is given, as far as memory goes.</param>
    /// <param name="usualSeconds">How long each combination is measured where nothing is said.</param>
    public BenchAxisOptions(IReadOnlyList<MeasuredAlgorithm> usualAlgorithms, IReadOnlyList<long> usualSizes, double usualSeconds)
    {
        _usualSizes = usualSizes;
        var declared = ToolKernels.Kernels.Variants;
        _worldSizes = new("--world-size", "Numbers of ranks", AxisNames.Numbers("number of ranks", declared.Select(static variant => variant.WorldSize).Distinct().Order()), [2, 4]);
        _dataTypes = new("--dtype", "Element types", AxisNames.DataTypes, [DataType.Float16]);
        _modes = new("--regime", "Wire formats", AxisNames.ModesOf(declared), UsualModes);
        _algorithms = new("--algorithm", "Algorithms, auto for what a group chooses by size", AlgorithmNames, usualAlgorithms);
        _sizes = new("--size")
        {
            Description = $"Bytes of each rank's message: 2K, 1M, 2G, or a range that doubles, 2K..32M; by default {usualSizes.Count} from {MessageSize.Describe(usualSizes[0])} to {MessageSize.Describe(usualSizes[^1])}, as far as memory goes.",
            AllowMultipleArgumentsPerToken = true,
            HelpName = "size",
        };
        _sizes.Validators.Add(result =>
        {
            if (!MessageSize.TryParseList(string.Join(',', result.Tokens.Select(static token => token.Value)), out var sizes, out var problem))
            {
                result.AddError("--size: " + problem);
            }
            else if (sizes.Length > 0 && (sizes[^1] > BenchPlan.MaxBytes || sizes.Any(static size => size % sizeof(float) != 0)))
            {
                result.AddError($"--size: messages have at most {MessageSize.Describe(BenchPlan.MaxBytes)}, and a multiple of {sizeof(float)} bytes.");
            }
        });
        _seconds = new("--seconds") { Description = "How long each combination is measured, about.", DefaultValueFactory = _ => usualSeconds, HelpName = "seconds" };
        _seconds.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 3600))
            {
                result.AddError("--seconds is more than 0 and at most 3600.");
            }
        });
        _device.Option.Validators.Add(static result =>
        {
            if (result.Tokens.Count > 1 || result.Tokens.Any(static token => token.Value.Contains(',')))
            {
                result.AddError("--device takes one device.");
            }
        });
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _device.Option, _worldSizes.Option, _dataTypes.Option, _modes.Option, _algorithms.Option, _sizes, _seconds })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The device that was asked for.</summary>
    public DeviceKind Device(ParseResult result) => _device.Chosen(result)[0];

    /// <summary>How long each combination is measured.</summary>
    public double Seconds(ParseResult result) => result.GetValue(_seconds);

    /// <summary>The axes that were asked for.</summary>
    public BenchAxes Axes(ParseResult result)
    {
        MessageSize.TryParseList(string.Join(',', result.GetValue(_sizes) ?? []), out var sizes, out _);
        return new BenchAxes(
            [.. _worldSizes.Chosen(result).Order()],
            _dataTypes.Chosen(result),
            _modes.Chosen(result),
            _algorithms.Chosen(result),
            sizes.Length > 0 ? sizes : _usualSizes,
            MayCutSizes: sizes.Length == 0);
    }
}
