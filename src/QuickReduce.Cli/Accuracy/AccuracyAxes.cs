using System.CommandLine;
using QuickReduce.Accuracy;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Policy;

namespace QuickReduce.Cli.Accuracy;

/// <summary>What is measured: the options of data type, regime, group size, scale format and number of ranks.</summary>
internal sealed class AccuracyAxes
{
    private static readonly DataType[] UsualDataTypes = [DataType.Float16, DataType.BFloat16];
    private static readonly QuantRegime[] UsualRegimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];
    private static readonly int[] UsualWorldSizes = [2, 4, 8];
    private static readonly int[] UsualGroupSizes = [SpecializationRules.DefaultGroupSize];

    private readonly ListOption<DataType> _dataTypes = new("--dtype", "What partial sums are rounded to", AxisNames.DataTypes, UsualDataTypes);

    private readonly ListOption<QuantRegime> _regimes = new("--regime", "How they travel between ranks", VariantNames.Regimes, UsualRegimes);

    private readonly ListOption<int> _groupSizes = new(
        "--group-size", "Elements that share a scale, in quantised regimes", AxisNames.Numbers("group size", SpecializationRules.GroupSizes), UsualGroupSizes);

    private readonly ListOption<ScaleFormat> _scaleFormats = new(
        "--scale-format", "How scales travel, in quantised regimes", VariantNames.ScaleFormats, [ScaleFormat.BFloat16]);

    private readonly ListOption<int> _worldSizes = new(
        "--world-size", "Numbers of ranks, as far as the model can be split over them", AxisNames.Numbers("number of ranks", [1, .. SpecializationRules.WorldSizes]), UsualWorldSizes);

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _worldSizes.Option, _regimes.Option, _dataTypes.Option, _groupSizes.Option, _scaleFormats.Option })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The cases that were asked for. One rank has nothing to all-reduce: it is the first row, which is always there.</summary>
    /// <exception cref="ArgumentException">There is no kernel for any of them.</exception>
    public IReadOnlyList<AccuracyCase> Cases(ParseResult result, LlamaModel model)
    {
        IReadOnlyList<int> worldSizes = _worldSizes.IsGiven(result) ? _worldSizes.Chosen(result) : [.. UsualWorldSizes.Where(worldSize => LlamaShard.CanSplit(model, worldSize))];
        AccuracyCase[] cases =
        [
            .. from worldSize in worldSizes
               where worldSize > 1
               from dataType in _dataTypes.Chosen(result)
               from regime in _regimes.Chosen(result)
               from mode in Modes(result, regime)
               where new KernelVariant(dataType, mode, worldSize).IsSupported
               select new AccuracyCase(dataType, mode, worldSize),
        ];
        return cases.Length > 0 || worldSizes.Contains(1) || worldSizes.Count == 0
            ? cases
            : throw new ArgumentException("There is no kernel for any of these combinations: fp32 travels in full precision only, and exponents are shared by groups of 16 and 32 only.");
    }

    private IEnumerable<AllReduceMode> Modes(ParseResult result, QuantRegime regime) =>
        regime == QuantRegime.FP ? [regime]
        : from groupSize in _groupSizes.Chosen(result)
          from scaleFormat in _scaleFormats.Chosen(result)
          select new AllReduceMode(regime, groupSize, scaleFormat);
}
