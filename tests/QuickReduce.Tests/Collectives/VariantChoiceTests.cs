using QuickReduce.Collectives;
using QuickReduce.Devices;
using QuickReduce.Devices.Managed;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Which variant a call runs: what it asks for, what is declared, what the options say.</summary>
public sealed unsafe class VariantChoiceTests
{
    private static readonly KernelVariant TwoShot = new(DataType.Float16, QuantRegime.Int4, 4);
    private static readonly KernelVariant OneShot = new(DataType.Float16, QuantRegime.Int4, 4, AllReduceAlgorithm.OneShot);

    [Theory]
    [InlineData(2, QuantRegime.FP, 1024)]
    [InlineData(3, QuantRegime.FP, 256)]
    [InlineData(4, QuantRegime.FP, 256)]
    [InlineData(5, QuantRegime.FP, 64)]
    [InlineData(8, QuantRegime.FP, 64)]
    [InlineData(2, QuantRegime.Int8, 2048)]
    [InlineData(2, QuantRegime.Int2, 2048)]
    [InlineData(3, QuantRegime.Int8, 512)]
    [InlineData(4, QuantRegime.Int4, 512)]
    [InlineData(5, QuantRegime.Int8, 128)]
    [InlineData(8, QuantRegime.Int4, 128)]
    public void SmallMessagesGoInOneShot(int worldSize, QuantRegime regime, int maxKilobytes)
    {
        var large = regime == QuantRegime.FP ? AllReduceAlgorithm.Direct : AllReduceAlgorithm.TwoShot;
        foreach (var type in SpecializationRules.DataTypes.Where(type => regime == QuantRegime.FP || type != DataType.Float32))
        {
            var last = maxKilobytes * 1024 / WireFormat.SizeOf(type);
            Assert.Equal(AllReduceAlgorithm.OneShot, Choose(TestKernels.Everything, worldSize, new(), type, regime, 0).Algorithm);
            Assert.Equal(AllReduceAlgorithm.OneShot, Choose(TestKernels.Everything, worldSize, new(), type, regime, last).Algorithm);
            Assert.Equal(large, Choose(TestKernels.Everything, worldSize, new(), type, regime, last + 1).Algorithm);
        }
    }

    [Fact]
    public void TheLimitIsAnOption()
    {
        var options = new GroupOptions { OneShotMaxBytes = 2000 };
        Assert.Equal(AllReduceAlgorithm.OneShot, Choose(TestKernels.Everything, 4, options, DataType.Float16, QuantRegime.Int4, 1000).Algorithm);
        Assert.Equal(AllReduceAlgorithm.TwoShot, Choose(TestKernels.Everything, 4, options, DataType.Float16, QuantRegime.Int4, 1001).Algorithm);
        Assert.Equal(AllReduceAlgorithm.TwoShot, Choose(TestKernels.Everything, 4, new GroupOptions { OneShotMaxBytes = 0 }, DataType.Float16, QuantRegime.Int4, 1).Algorithm);
    }

    [Fact]
    public void WithOneAlgorithmDeclaredItTakesEverySize()
    {
        Assert.Equal(TwoShot, Choose(TestKernels.Of("A", [TwoShot]), 4, new(), DataType.Float16, QuantRegime.Int4, 1));
        Assert.Equal(OneShot, Choose(TestKernels.Of("A", [OneShot]), 4, new(), DataType.Float16, QuantRegime.Int4, 1 << 24));
    }

    [Fact]
    public void AnAlgorithmThatIsForcedMustBeDeclared()
    {
        foreach (var (declared, forced) in new[] { (TwoShot, AllReduceAlgorithm.OneShot), (OneShot, AllReduceAlgorithm.TwoShot) })
        {
            var kernels = TestKernels.Of("My.Kernels", [declared]);
            Assert.Equal(declared, Choose(kernels, 4, new GroupOptions { Algorithm = declared.Algorithm }, DataType.Float16, QuantRegime.Int4, 1000));
            var exception = Assert.Throws<VariantNotDeclaredException>(() => Choose(kernels, 4, new GroupOptions { Algorithm = forced }, DataType.Float16, QuantRegime.Int4, 1000));
            Assert.Contains("My.Kernels declares no kernel for float16, Int4, 4 ranks, " + forced + ".", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EveryRankLearnsThatAGroupSizeIsNotDeclared()
    {
        using var group = AllReduceGroup.Create(TestKernels.Of("My.Kernels", [new KernelVariant(DataType.Float16, QuantRegime.Int4, 2)]), 2);
        var exceptions = Bounded.Run([.. Enumerable.Range(0, 2).Select<int, Action>(rank => () => group[rank].AllReduce<Half>(new AllReduceMode(QuantRegime.Int4, 64), new Half[8], new Half[8]))]);
        Assert.All(exceptions, (exception, rank) => Assert.StartsWith(
            "Rank " + rank + " cannot all-reduce: My.Kernels declares no kernel for float16, Int4 in groups of 64, 2 ranks.", Assert.IsType<VariantNotDeclaredException>(exception).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryVariantIsChosenWhenItIsAskedFor()
    {
        foreach (var variant in TestKernels.EveryVariant)
        {
            Assert.Equal(variant, Choose(TestKernels.Everything, variant.WorldSize, new GroupOptions { Algorithm = variant.Algorithm }, variant.DataType, variant.Mode, 64));
        }
    }

    [Fact]
    public void WithoutDirectTwoShotTakesLargeMessagesInFullPrecision()
    {
        var twoShot = new KernelVariant(DataType.Float16, QuantRegime.FP, 2);
        Assert.Equal(twoShot, Choose(TestKernels.Of("A", [twoShot, twoShot with { Algorithm = AllReduceAlgorithm.OneShot, AtomsPerThread = 1 }]), 2, new(), DataType.Float16, QuantRegime.FP, 1 << 24));
    }

    /// <summary>What was chosen for one request is not given to another, though choices are remembered.</summary>
    [Fact]
    public void ChoicesDoNotMixUp()
    {
        foreach (var worldSize in new[] { 2, 7 })
        {
            var choice = new VariantChoice<VariantKernel>(TestKernels.Everything, worldSize, new GroupOptions().Prepare(TestKernels.Everything, worldSize, DeviceKind.Managed), new ManagedDevice(worldSize).Kernel);
            foreach (var variant in TestKernels.EveryVariant.Concat(TestKernels.EveryVariant).Where(variant => variant.WorldSize == worldSize))
            {
                if (variant is { Algorithm: AllReduceAlgorithm.TwoShot, Regime: QuantRegime.FP })
                {
                    continue; // Direct is chosen before it.
                }

                var count = variant.Algorithm == AllReduceAlgorithm.OneShot ? 1 : 1 << 21;
                Assert.Equal(variant, choice.Kernel(Request(variant.DataType, variant.Mode, count)).Variant);
            }
        }
    }

    /// <summary>Tuning parameters are the declared ones, and change no bit.</summary>
    [Fact]
    public void TuningComesFromTheDeclarationAndChangesNothing()
    {
        var tuned = TwoShot with { BlockSize = 1024, AtomsPerThread = 64 };
        Assert.Equal(tuned, Choose(TestKernels.Of("A", [tuned]), 4, new(), DataType.Float16, QuantRegime.Int4, 1));

        var inputs = Messages.Random(DataType.Float16, 4, 9999, seed: 4);
        using var group = AllReduceGroup.Create(TestKernels.Of("A", [tuned]), 4);
        Assert.All(Messages.AllReduceAtOnce(group, DataType.Float16, QuantRegime.Int4, inputs), output => Assert.Equal(WireOracle.AllReduce(TwoShot, inputs), output));
    }

    private static KernelVariant Choose(KernelSet kernels, int worldSize, GroupOptions options, DataType type, AllReduceMode mode, int count) =>
        new VariantChoice<VariantKernel>(kernels, worldSize, options.Prepare(kernels, worldSize, DeviceKind.Managed), new ManagedDevice(worldSize).Kernel).Kernel(Request(type, mode, count)).Variant;

    private static RankRequest Request(DataType type, AllReduceMode mode, int count) => type switch
    {
        DataType.Float16 => RankRequest.Of<Half>(mode, null, count, null, count),
        DataType.BFloat16 => RankRequest.Of<BFloat16>(mode, null, count, null, count),
        _ => RankRequest.Of<float>(mode, null, count, null, count),
    };
}
