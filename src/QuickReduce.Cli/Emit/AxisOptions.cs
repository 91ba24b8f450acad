using System.CommandLine;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Codegen;
using QuickReduce.Policy;
using Rules = QuickReduce.Codegen.SpecializationRules;
using Variant = QuickReduce.Codegen.KernelVariant;

namespace QuickReduce.Cli.Emit;

/// <summary>The axes of the specialisation space as options; the generator's rules say what each can be.</summary>
internal sealed class AxisOptions
{
    private readonly ListOption<Codegen.DataType> _dataTypes = Axis("--data-type", "Element types", "data type", Rules.DataTypes, Variant.NameOf);
    private readonly ListOption<Codegen.QuantRegime> _regimes = Axis("--regime", "Wire formats", "regime", Rules.Regimes, Variant.NameOf);

    private readonly ListOption<Codegen.AllReduceAlgorithm> _algorithms =
        Axis("--algorithm", "Algorithms", "algorithm", Rules.Algorithms, Variant.NameOf, [default(Variant).Algorithm]);

    private readonly ListOption<int> _worldSizes = new("--world-size", "Numbers of ranks", AxisNames.Numbers("number of ranks", Rules.WorldSizes), Rules.WorldSizes);

    private readonly ListOption<int> _groupSizes = new(
        "--group-size", "Elements that share a scale, in quantised regimes", AxisNames.Numbers("group size", Rules.GroupSizes), [Rules.DefaultGroupSize]);

    private readonly ListOption<Codegen.ScaleFormat> _scaleFormats =
        Axis("--scale-format", "How scales travel, in quantised regimes", "scale format", Rules.ScaleFormats, Variant.NameOf, [default(Variant).ScaleFormat]);

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _dataTypes.Option, _regimes.Option, _worldSizes.Option, _algorithms.Option, _groupSizes.Option, _scaleFormats.Option })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The kernel set of every combination of what was chosen that there is a kernel for; there may be none.</summary>
    public KernelSetModel KernelSet(ParseResult result, string name)
    {
        var variants =
            from dataType in _dataTypes.Chosen(result)
            from regime in _regimes.Chosen(result)
            from worldSize in _worldSizes.Chosen(result)
            from algorithm in _algorithms.Chosen(result)
            from mode in Modes(result, regime)
            let variant = new Variant(dataType, mode, worldSize, algorithm)
            where variant.IsSupported
            orderby variant
            select variant;
        var lastDot = name.LastIndexOf('.');
        return new KernelSetModel(
            lastDot < 0 ? string.Empty : name[..lastDot], default, new TypeDeclaration("class", name[(lastDot + 1)..]), new EquatableArray<Variant>(variants));
    }

    private IEnumerable<Codegen.AllReduceMode> Modes(ParseResult result, Codegen.QuantRegime regime) =>
        regime == Codegen.QuantRegime.FP ? [new(regime)]
        : from groupSize in _groupSizes.Chosen(result)
          from scaleFormat in _scaleFormats.Chosen(result)
          select new Codegen.AllReduceMode(regime, groupSize, scaleFormat);

    private static ListOption<T> Axis<T>(string name, string description, string what, IReadOnlyList<T> values, Func<T, string> nameOf, IReadOnlyList<T>? usual = null)
        where T : struct =>
        new(name, description, new KnownNames<T>(what, [.. values.Select(value => (nameOf(value), value))]), usual ?? values);
}
