using System.Globalization;
using QuickReduce.Generators.Parsing;
using RuntimeGeometry = QuickReduce.KernelGeometry;
using RuntimeVariant = QuickReduce.KernelVariant;

namespace QuickReduce.Codegen.Tests;

/// <summary>What the kernels are rendered with is what the run time computes with.</summary>
public sealed class GeometryTests
{
    [Fact]
    public void Both_sides_agree_and_a_workspace_has_room()
    {
        foreach (var variant in Space.Supported)
        {
            var geometry = new KernelGeometry(variant);
            var runtime = new RuntimeGeometry(new RuntimeVariant(
                (QuickReduce.DataType)variant.DataType, (QuickReduce.QuantRegime)variant.Regime, variant.WorldSize, (QuickReduce.AllReduceAlgorithm)variant.Algorithm)
            {
                GroupSize = variant.GroupSize,
                ScaleFormat = (QuickReduce.ScaleFormat)variant.ScaleFormat,
                BlockSize = variant.BlockSize,
                AtomsPerThread = variant.AtomsPerThread,
            });
            Assert.Equal(runtime.Variant.KernelName, variant.KernelName);
            Assert.Equal(runtime.SegmentBytes, geometry.SegmentBytes);
            Assert.Equal(runtime.SlotBytes, geometry.SlotBytes);
            Assert.Equal(runtime.DataOffset, geometry.DataOffset);

            Assert.True(geometry.RowsPerSegment > 0);
            Assert.Equal(geometry.ElementsPerTile, geometry.RowsPerTile * geometry.Wire.LanesPerRow * geometry.ElementsPerLane);
            Assert.Equal(runtime.ElementsPerTile, geometry.ElementsPerTile);
            Assert.Equal(runtime.TilesPerSlot, geometry.TilesPerSlot);
            Assert.Equal(0, geometry.DataOffset % 256);
            Assert.Equal(0, geometry.SlotBytes % 16);
            Assert.Equal(0, geometry.TileCount(0));
            Assert.Equal(1, geometry.TileCount(1));
            Assert.Equal(2, geometry.TileCount(geometry.ElementsPerTile + 1));
            if (variant.Algorithm == AllReduceAlgorithm.TwoShot)
            {
                Assert.True(geometry.DataOffset >= KernelGeometry.FlagOffset + 2 * KernelGeometry.MaxSlots * variant.WorldSize * sizeof(uint));
            }
        }
    }

    [Fact]
    public void The_attribute_declares_by_default_what_the_generator_takes_for_the_default()
    {
        var attribute = new AllReduceKernelsAttribute();
        var kernel = new AllReduceKernelAttribute(QuickReduce.DataType.Float16, QuickReduce.QuantRegime.FP, 2);
        foreach (var kind in AxisKind.All)
        {
            var values = (Array)typeof(AllReduceKernelsAttribute).GetProperty(kind.PluralName)!.GetValue(attribute)!;
            Assert.Equal(kind.Usual.Values.Select(v => v!.Value), values.Cast<object>().Select(Convert.ToInt32));
            if (typeof(AllReduceKernelAttribute).GetProperty(kind.SingularName) is { CanWrite: true } single)
            {
                Assert.Equal(Assert.Single(kind.Usual.Values), Convert.ToInt32(single.GetValue(kernel), CultureInfo.InvariantCulture));
            }
        }
    }

    [Fact]
    public void Every_property_of_the_attributes_is_an_axis_or_a_budget()
    {
        Assert.Equal(
            AxisKind.All.Select(kind => kind.PluralName).Concat(["MaxVgprs", "MinOccupancy", "NoSpills"]).Order(StringComparer.Ordinal),
            typeof(AllReduceKernelsAttribute).GetProperties().Where(p => p.CanWrite).Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.All(AxisKind.All, kind => Assert.NotNull(typeof(AllReduceKernelAttribute).GetProperty(kind.SingularName)));
        Assert.All(AxisKind.All, kind => Assert.InRange(kind.SupportedValues.Count, 1, 8));
    }

    [Fact]
    public void A_variant_that_is_refused_has_no_geometry_and_a_sentence_that_says_why() => Assert.All(
        Space.All.Where(variant => !variant.IsSupported).Append(new((DataType)3, QuantRegime.FP, 2)).Append(new(DataType.Float16, (QuantRegime)9, 2)).Append(new(DataType.Float16, QuantRegime.FP, 9)),
        variant => Assert.StartsWith(SpecializationRules.Refusal(variant), Assert.Throws<ArgumentException>(() => new KernelGeometry(variant)).Message, StringComparison.Ordinal));
}
