using System.Globalization;
using QuickReduce.Generators.Parsing;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Codegen.Tests;

/// <summary>The tables of <c>docs/specialization.md</c> say what <see cref="SpecializationRules"/> say.</summary>
public sealed class SpecializationPageTests
{
    private static readonly string Page = Path.Combine(Golden.RepositoryRoot, "docs", "specialization.md");

    [Fact]
    public void Axes() => Golden.VerifySection(Page, "axes", Table(
        ["`[AllReduceKernels]`", "`[AllReduceKernel]`", "values", "left out"],
        AxisKind.All.Select((kind, i) => new[]
        {
            "`" + kind.PluralName + "`",
            "`" + (i < 3 ? char.ToLowerInvariant(kind.SingularName[0]) + kind.SingularName[1..] : kind.SingularName) + "`",
            string.Join(", ", kind.SupportedValues.Select(kind.NameOf)),
            string.Join(", ", kind.Usual.Values.Select(value => kind.NameOf(value!.Value))),
        })));

    [Fact]
    public void Wire_formats() => Golden.VerifySection(Page, "formats", Table(
        ["", .. SpecializationRules.DataTypes.Select(type => type.ToString()), .. SpecializationRules.GroupSizes.Select(size => "groups of " + size), .. SpecializationRules.GroupSizesWithSharedExponents.Select(size => size + ", shared")],
        SpecializationRules.Regimes.Select(regime => (string[])
        [
            regime.ToString(),
            .. SpecializationRules.DataTypes.Select(type => new KernelVariant(type, regime, 8).IsSupported ? "yes" : "–"),
            .. SpecializationRules.GroupSizes.Select(size => BitsPerElement(regime, size, ScaleFormat.BFloat16)),
            .. SpecializationRules.GroupSizesWithSharedExponents.Select(size => BitsPerElement(regime, size, ScaleFormat.SharedExponent)),
        ])));

    [Fact]
    public void Fewest_atoms() => Golden.VerifySection(Page, "atoms", Table(
        ["", .. SpecializationRules.WorldSizes.Select(size => size + " ranks")],
        SpecializationRules.Algorithms.Select(algorithm => (string[])
        [
            algorithm.ToString(),
            .. SpecializationRules.WorldSizes.Select(size => SpecializationRules.AtomsPerThread
                .First(atoms => new KernelVariant(DataType.Float16, QuantRegime.FP, size, algorithm) { AtomsPerThread = atoms }.IsSupported)
                .ToString(CultureInfo.InvariantCulture)),
        ])));

    [Fact]
    public void Refusals() => Golden.VerifySection(Page, "refusals", string.Concat(Space.All
        .Select(SpecializationRules.RefusalOfCombination)
        .OfType<string>()
        .DistinctBy(static refusal => refusal.Split(' ')[0])
        .Select(static refusal => "- " + refusal + "\n")));

    private static string BitsPerElement(QuantRegime regime, int groupSize, ScaleFormat scaleFormat) => regime == QuantRegime.FP
        ? "–"
        : new WireFormat(DataType.Float16, new AllReduceMode(regime, groupSize, scaleFormat)).BitsPerElement.ToString(CultureInfo.InvariantCulture);

    private static string Table(string[] head, IEnumerable<string[]> rows) => string.Concat(
        new[] { head, [.. head.Select(static _ => "---")] }.Concat(rows).Select(static row => "| " + string.Join(" | ", row) + " |\n"));
}
