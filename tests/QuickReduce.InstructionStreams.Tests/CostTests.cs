using System.Globalization;
using QuickReduce.Tests.Shared;

namespace QuickReduce.InstructionStreams.Tests;

/// <summary>
/// What the default kernels cost on AMD GPUs, counted in the compiled code beside the original's kernels, which were
/// compiled by the same compiler. The tables are in <c>docs/amd-kernels.md</c>.
/// </summary>
public sealed class CostTests
{
    private const int RowsPerTile = 8; // what two-shot has where nothing else is asked for
    private const int FewestWaves = 5;
    private const double MostForBFloat16Encoding = 65;
    private const double MostForBFloat16Adding = 35;

    [RequiresProgramsTheory("clang++-22", "llvm-objdump-22")]
    [InlineData("gfx942")]
    [InlineData("gfx950")]
    public void Codecs_cost_no_more_than_they_did_and_than_the_originals(string architecture)
    {
        var rows = new List<string[]>();
        foreach (var theirs in Peers("peers-codecs.csv", architecture))
        {
            var (type, regime) = (theirs[1], theirs[2]);
            var ours = CodecCost.Of(architecture, StreamKernels.Kernels.Units.Single(unit => unit.Name.EndsWith($".{type}_{regime}".ToLowerInvariant(), StringComparison.Ordinal)));
            double[] measured = [ours.Encode, ours.Decode, ours.Add];
            var limits = theirs[3..].Select(Parse).ToArray();
            for (var i = 0; i < measured.Length; ++i)
            {
                // In full precision the sum is one of fp32, and costs more than one of fp16 does.
                Assert.True(measured[i] <= limits[i] || regime == "FP" && type == "Float16" && i == 2, $"{type} {regime}: {measured[i]}, theirs {limits[i]}");
            }

            if (type == "BFloat16" && regime != "FP")
            {
                Assert.InRange(ours.Encode, 1, MostForBFloat16Encoding);
                Assert.InRange(ours.Add, 1, MostForBFloat16Adding);
            }

            rows.Add([type, regime, .. measured.Zip(limits).SelectMany(static pair => new[] { CostPage.Cell(pair.First), CostPage.Cell(pair.Second) })]);
        }

        CostPage.Verify("codecs " + architecture,
            ["dtype", "regime", "encode", "theirs", "decode", "theirs", "decode and add", "theirs"], rows);
    }

    [RequiresProgramsTheory("clang++-22", "llvm-objdump-22")]
    [InlineData("gfx942")]
    [InlineData("gfx950")]
    public void Scale_formats_cost_no_more_than_they_did(string architecture)
    {
        var kernels = FormatKernels.Kernels;
        var rows =
            from variant in kernels.Variants
            where variant.Algorithm == AllReduceAlgorithm.TwoShot
            let cost = CodecCost.Of(architecture, kernels.Units.Single(unit => unit.Name.EndsWith("." + variant.UnitName, StringComparison.Ordinal)))
            let code = CodeObjects.Kernels(architecture, kernels.Name + "." + variant.UnitName).Single(kernel => kernel.Variant == variant).Code
            select new[]
            {
                variant.DataType.ToString(), KernelVariant.NameOf(variant.Mode), CostPage.Cell(cost.Encode), CostPage.Cell(cost.Decode), CostPage.Cell(cost.Add),
                CostPage.Cell(TileCost.Of(code, RowsPerTile, variant.WorldSize).VectorAluPerElement(RowsPerTile), "0.0"),
                code.VectorRegisters.ToString(CultureInfo.InvariantCulture), "≥" + code.WavesPerSimd,
            };
        CostPage.Verify("formats " + architecture, ["dtype", "mode", "encode", "decode", "decode and add", "tile, per element", "registers", "waves"], [.. rows]);
    }

    [RequiresProgramsTheory("clang++-22", "llvm-objdump-22")]
    [InlineData("gfx942")]
    [InlineData("gfx950")]
    public void Tiles_cost_no_more_than_they_did_and_than_the_originals(string architecture)
    {
        var kernels = StreamKernels.Kernels.Units.SelectMany(unit => CodeObjects.Kernels(architecture, unit.Name))
            .Where(static kernel => kernel.Variant.Algorithm == AllReduceAlgorithm.TwoShot)
            .ToDictionary(static kernel => (kernel.Variant.DataType, kernel.Variant.Regime, kernel.Variant.WorldSize), static kernel => kernel.Code);
        var rows = new List<string[]>();
        foreach (var theirs in Peers("peers-tiles.csv", architecture))
        {
            var (type, regime, ranks) = (Enum.Parse<DataType>(theirs[1]), Enum.Parse<QuantRegime>(theirs[2]), int.Parse(theirs[3], CultureInfo.InvariantCulture));
            var code = kernels[(type, regime, ranks)];
            var cost = TileCost.Of(code, RowsPerTile, ranks);
            var perElement = cost.VectorAluPerElement(RowsPerTile);
            var theirsPerElement = Parse(theirs[6]) / (8 * RowsPerTile);
            Assert.InRange(code.WavesPerSimd, FewestWaves, 8);
            if (regime != QuantRegime.FP)
            {
                Assert.Equal(RowsPerTile + RowsPerTile / ranks, cost.Encodings); // each row once, and each of the own segment once more
                Assert.True(perElement <= theirsPerElement, $"{type} {regime} {ranks}: {perElement}, theirs {theirsPerElement}");
            }

            rows.Add(
            [
                theirs[1], theirs[2], theirs[3], CostPage.Cell(perElement, "0.0"), CostPage.Cell(theirsPerElement, "0.0"),
                code.VectorRegisters.ToString(CultureInfo.InvariantCulture), theirs[4], "≥" + code.WavesPerSimd, theirs[5],
                cost.Memory.ToString(CultureInfo.InvariantCulture), theirs[7],
            ]);
        }

        CostPage.Verify("tiles " + architecture,
            ["dtype", "regime", "ranks", "vector ALU", "theirs", "registers", "theirs", "waves", "theirs", "loads, stores", "theirs"], rows);
    }

    private static IEnumerable<string[]> Peers(string file, string architecture) =>
        from line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, file))
        where line.StartsWith(architecture + ",", StringComparison.Ordinal)
        select line.Split(',');

    private static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);
}
