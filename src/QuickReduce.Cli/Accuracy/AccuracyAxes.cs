using System.CommandLine;
using System.Globalization;
using QuickReduce.Accuracy;
using QuickReduce.Cli.CommandLine;

namespace QuickReduce.Cli.Accuracy;

/// <summary>What is measured: the options of data type, regime, group size and number of ranks.</summary>
internal sealed class AccuracyAxes
{
    private static readonly DataType[] UsualDataTypes = [DataType.Float16, DataType.BFloat16];
    private static readonly QuantRegime[] UsualRegimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];
    private static readonly int[] UsualWorldSizes = [2, 4, 8];
    private static readonly int[] UsualGroupSizes = [SpecializationRules.DefaultGroupSize];

    private readonly Option<DataType[]> _dataTypes = ListOption.Create(
        "--dtype",
        "What partial sums are rounded to",
        [
            new(DataType.Float16, "fp16", KernelVariant.NameOf(DataType.Float16), "half"),
            new(DataType.BFloat16, "bf16", KernelVariant.NameOf(DataType.BFloat16)),
            new ListValue<DataType>(DataType.Float32, "fp32", KernelVariant.NameOf(DataType.Float32)),
        ],
        "fp16 and bf16");

    private readonly Option<QuantRegime[]> _regimes = ListOption.Create(
        "--regime",
        "How they travel between ranks",
        [.. SpecializationRules.Regimes.Select(static regime => new ListValue<QuantRegime>(regime, KernelVariant.NameOf(regime)))],
        "fp, int8, int6 and int4");

    private readonly Option<int[]> _groupSizes = ListOption.Create(
        "--group-size", "Elements that share a scale, in quantised regimes", Numbers(SpecializationRules.GroupSizes), "32");

    private readonly Option<int[]> _worldSizes = ListOption.Create(
        "--world-size", "Numbers of ranks", Numbers([1, .. SpecializationRules.WorldSizes]), "those of 2, 4 and 8 that the model can be split over");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _worldSizes, _regimes, _dataTypes, _groupSizes })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The cases that were asked for. One rank has nothing to all-reduce: it is the first row, which is always there.</summary>
    /// <exception cref="ArgumentException">There is no kernel for any of them.</exception>
    public IReadOnlyList<AccuracyCase> Cases(ParseResult result, LlamaModel model)
    {
        var worldSizes = Chosen(result, _worldSizes) ?? [.. UsualWorldSizes.Where(worldSize => LlamaShard.CanSplit(model, worldSize))];
        AccuracyCase[] cases =
        [
            .. from worldSize in worldSizes
               where worldSize > 1
               from dataType in Chosen(result, _dataTypes) ?? UsualDataTypes
               from regime in Chosen(result, _regimes) ?? UsualRegimes
               from mode in regime == QuantRegime.FP ? [regime] : (Chosen(result, _groupSizes) ?? UsualGroupSizes).Select(size => new AllReduceMode(regime, size))
               where new KernelVariant(dataType, regime, worldSize) { GroupSize = mode.GroupSize }.IsSupported
               select new AccuracyCase(dataType, mode, worldSize),
        ];
        return cases.Length > 0 || worldSizes.Contains(1) || worldSizes.Length == 0
            ? cases
            : throw new ArgumentException("There is no kernel for any of these combinations: fp32 travels in full precision only.");
    }

    private static T[]? Chosen<T>(ParseResult result, Option<T[]> option) => result.GetValue(option) is { Length: > 0 } values ? values : null;

    private static ListValue<int>[] Numbers(IEnumerable<int> values) =>
        [.. values.Select(static value => new ListValue<int>(value, value.ToString(CultureInfo.InvariantCulture)))];
}
