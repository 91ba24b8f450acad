using RuntimeGeometry = QuickReduce.KernelGeometry;
using RuntimeVariant = QuickReduce.KernelVariant;

namespace QuickReduce.Codegen.Tests;

/// <summary>What the kernels are rendered with is what the run time computes with.</summary>
public sealed class GeometryTests
{
    [Fact]
    public void Both_sides_agree_and_a_workspace_has_room()
    {
        foreach (var dataType in Enum.GetValues<DataType>())
        {
            foreach (var regime in Enum.GetValues<QuantRegime>())
            {
                foreach (var worldSize in SpecializationRules.WorldSizes)
                {
                    var geometry = new KernelGeometry(new(dataType, regime, worldSize));
                    var runtime = new RuntimeGeometry(new RuntimeVariant((QuickReduce.DataType)dataType, (QuickReduce.QuantRegime)regime, worldSize));
                    Assert.Equal(runtime.SegmentBytes, geometry.SegmentBytes);
                    Assert.Equal(runtime.DataOffset, geometry.DataOffset);

                    Assert.Equal(geometry.ElementsPerTile, worldSize * geometry.ElementsPerSegment);
                    Assert.Equal(geometry.Wire.BitsPerCode, geometry.Wire.PlaneWidths.Sum());
                    Assert.True(geometry.DataOffset >= KernelGeometry.FlagOffset + 2 * KernelGeometry.MaxSlots * worldSize * sizeof(uint));
                    Assert.Equal(0, geometry.DataOffset % 256);
                    Assert.Equal(0, geometry.SegmentBytes % 16);
                    Assert.Equal(0, geometry.TileCount(0));
                    Assert.Equal(1, geometry.TileCount(1));
                    Assert.Equal(2, geometry.TileCount(geometry.ElementsPerTile + 1));
                }
            }
        }
    }

    [Fact]
    public void The_attribute_declares_by_default_what_the_generator_takes_for_the_default()
    {
        var attribute = new AllReduceKernelsAttribute();
        Assert.Equal(Enum.GetValues<QuickReduce.DataType>(), attribute.DataTypes);
        Assert.Equal(Enum.GetValues<QuickReduce.QuantRegime>(), attribute.Regimes);
        Assert.Equal(SpecializationRules.WorldSizes, attribute.WorldSizes);
    }

    [Theory]
    [InlineData(2, 0, 2)]
    [InlineData(0, 4, 2)]
    [InlineData(0, 0, 3)]
    public void An_unsupported_variant_has_no_geometry(int dataType, int regime, int worldSize) =>
        Assert.Throws<ArgumentException>(() => new KernelGeometry(new((DataType)dataType, (QuantRegime)regime, worldSize)));
}
