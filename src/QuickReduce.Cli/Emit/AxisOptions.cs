using System.CommandLine;
using System.Globalization;
using QuickReduce.Codegen;

namespace QuickReduce.Cli.Emit;

/// <summary>The axes of the specialisation space as options; the generator's vocabulary says what each can be.</summary>
internal sealed class AxisOptions
{
    private readonly Option<string[]> _dataTypes = Axis("--data-type", "Element types", Enum.GetValues<Codegen.DataType>().Select(Codegen.KernelVariant.NameOf));
    private readonly Option<string[]> _regimes = Axis("--regime", "Wire formats", Enum.GetValues<Codegen.QuantRegime>().Select(Codegen.KernelVariant.NameOf));

    private readonly Option<string[]> _worldSizes = Axis(
        "--world-size", "Numbers of ranks", Codegen.KernelVariant.SupportedWorldSizes.Select(static size => size.ToString(CultureInfo.InvariantCulture)));

    public void AddTo(Command command)
    {
        command.Options.Add(_dataTypes);
        command.Options.Add(_regimes);
        command.Options.Add(_worldSizes);
    }

    /// <summary>The kernel set of every combination of what was chosen.</summary>
    public KernelSetModel KernelSet(ParseResult result, string name)
    {
        var dataTypes = Chosen(result, _dataTypes, static type => Codegen.KernelVariant.NameOf(type), Enum.GetValues<Codegen.DataType>());
        var regimes = Chosen(result, _regimes, static regime => Codegen.KernelVariant.NameOf(regime), Enum.GetValues<Codegen.QuantRegime>());
        var worldSizes = Chosen(result, _worldSizes, static size => size.ToString(CultureInfo.InvariantCulture), Codegen.KernelVariant.SupportedWorldSizes);
        var variants =
            from dataType in dataTypes
            from regime in regimes
            from worldSize in worldSizes
            let variant = new Codegen.KernelVariant(dataType, regime, worldSize)
            where variant.IsSupported
            orderby variant
            select variant;
        var lastDot = name.LastIndexOf('.');
        return new KernelSetModel(
            lastDot < 0 ? string.Empty : name[..lastDot], default, new TypeDeclaration("class", name[(lastDot + 1)..]), new EquatableArray<Codegen.KernelVariant>(variants));
    }

    private static Option<string[]> Axis(string name, string description, IEnumerable<string> values)
    {
        string[] names = [.. values];
        var option = new Option<string[]>(name)
        {
            Description = $"{description}: {string.Join(", ", names)}; all by default.",
            AllowMultipleArgumentsPerToken = true,
            HelpName = name.TrimStart('-'),
        };
        return option.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, names);
    }

    private static IEnumerable<T> Chosen<T>(ParseResult result, Option<string[]> option, Func<T, string> nameOf, IEnumerable<T> all) =>
        result.GetValue(option) is { Length: > 0 } names
            ? all.Where(value => names.Contains(nameOf(value), StringComparer.OrdinalIgnoreCase))
            : all;
}
