using System.CommandLine;
using System.Globalization;
using QuickReduce.Codegen;
using Rules = QuickReduce.Codegen.SpecializationRules;
using Variant = QuickReduce.Codegen.KernelVariant;

namespace QuickReduce.Cli.Emit;

/// <summary>The axes of the specialisation space as options; the generator's rules say what each can be.</summary>
internal sealed class AxisOptions
{
    private readonly Axis<Codegen.DataType> _dataTypes = new("--data-type", "Element types", Rules.DataTypes, Variant.NameOf);
    private readonly Axis<Codegen.QuantRegime> _regimes = new("--regime", "Wire formats", Rules.Regimes, Variant.NameOf);
    private readonly Axis<int> _worldSizes = new("--world-size", "Numbers of ranks", Rules.WorldSizes, Number);

    private readonly Axis<Codegen.AllReduceAlgorithm> _algorithms =
        new("--algorithm", "Algorithms", Rules.Algorithms, Variant.NameOf, [default(Variant).Algorithm]);

    private readonly Axis<int> _groupSizes =
        new("--group-size", "Elements that share a scale, in quantised regimes", Rules.GroupSizes, Number, [Rules.DefaultGroupSize]);

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _dataTypes.Option, _regimes.Option, _worldSizes.Option, _algorithms.Option, _groupSizes.Option })
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
            from groupSize in regime == Codegen.QuantRegime.FP ? [0] : _groupSizes.Chosen(result)
            let variant = new Variant(dataType, regime, worldSize, algorithm) { GroupSize = groupSize }
            where variant.IsSupported
            orderby variant
            select variant;
        var lastDot = name.LastIndexOf('.');
        return new KernelSetModel(
            lastDot < 0 ? string.Empty : name[..lastDot], default, new TypeDeclaration("class", name[(lastDot + 1)..]), new EquatableArray<Variant>(variants));
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>One axis: an option that takes any of its values.</summary>
    private sealed class Axis<T>
    {
        private readonly IReadOnlyList<T> _values;
        private readonly Func<T, string> _nameOf;
        private readonly IReadOnlyList<T> _usual;

        public Axis(string name, string description, IReadOnlyList<T> values, Func<T, string> nameOf, IReadOnlyList<T>? usual = null)
        {
            _values = values;
            _nameOf = nameOf;
            _usual = usual ?? values;
            string[] names = [.. values.Select(nameOf)];
            Option = new Option<string[]>(name)
            {
                Description = $"{description}: {string.Join(", ", names)}; by default {(usual is null ? "all" : string.Join(", ", usual.Select(nameOf)))}.",
                AllowMultipleArgumentsPerToken = true,
                HelpName = name.TrimStart('-'),
            };
            Option.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, names);
        }

        public Option<string[]> Option { get; }

        public IEnumerable<T> Chosen(ParseResult result) =>
            result.GetValue(Option) is { Length: > 0 } names ? _values.Where(value => names.Contains(_nameOf(value), StringComparer.OrdinalIgnoreCase)) : _usual;
    }
}
