using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests;

/// <summary>Groups with real kernels: launched by the run time, through the stand-in driver, with the real protocol.</summary>
public sealed class AllReduceTests
{
    private const string HostCompiler = "clang++-22";

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(QuantRegime.FP, AllReduceAlgorithm.TwoShot, 1)]
    [InlineData(QuantRegime.FP, AllReduceAlgorithm.TwoShot, 50_001)]
    [InlineData(QuantRegime.FP, AllReduceAlgorithm.OneShot, 50_001)]
    [InlineData(QuantRegime.Int4, AllReduceAlgorithm.TwoShot, 50_001)]
    [InlineData(QuantRegime.Int4, AllReduceAlgorithm.OneShot, 2047)]
    [InlineData(QuantRegime.Int4, AllReduceAlgorithm.OneShot, 50_001)]
    public void EveryRankGetsTheSum(QuantRegime regime, AllReduceAlgorithm algorithm, int length)
    {
        using var ranks = new RealGroup(length, algorithm);
        ranks.RequireRight(regime, seed: 1, algorithm);
        ranks.RequireRight(regime, seed: 2, algorithm);
    }

    /// <summary>Calls of different layouts follow each other without a pause: none may disturb another.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void CallsOfAllVariantsFollowEachOther()
    {
        using var ranks = new RealGroup(length: 300_000);
        var messages = ranks.Messages(seed: 3);
        var expected = messages;
        for (var round = 0; round < 3; round++)
        {
            foreach (var regime in new[] { QuantRegime.FP, QuantRegime.Int4 })
            {
                var sum = RealGroup.Expected(expected, regime, algorithm: null).Select(BitConverter.UInt16BitsToHalf).ToArray();
                expected = [sum, sum];
            }
        }

        ranks.Write(messages);
        for (var round = 0; round < 3; round++)
        {
            foreach (var regime in new[] { QuantRegime.FP, QuantRegime.Int4 })
            {
                ranks.AllReduce(0, regime);
                ranks.AllReduce(1, regime);
            }
        }

        var bits = expected[0].Select(BitConverter.HalfToUInt16Bits).ToArray();
        Assert.All(ranks.Read(), sum => Assert.Equal(bits, sum));
    }

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(1000, AllReduceAlgorithm.OneShot)]
    [InlineData(1_048_576, AllReduceAlgorithm.OneShot)]
    [InlineData(1_048_577, AllReduceAlgorithm.TwoShot)]
    public void TheSizeOfACallChoosesTheAlgorithm(int length, AllReduceAlgorithm algorithm)
    {
        using var ranks = new RealGroup(length);
        ranks.Driver.TakeTrace();
        ranks.AllReduce(0, QuantRegime.Int4);
        ranks.AllReduce(1, QuantRegime.Int4);
        var kernel = new KernelVariant(DataType.Float16, QuantRegime.Int4, 2, algorithm).KernelName;
        Assert.Equal(2, ranks.Driver.TakeTrace().Count(call => call.StartsWith("launch " + kernel + " ", StringComparison.Ordinal)));
        ranks.Group.Synchronize(TimeSpan.FromSeconds(60));
    }

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void ATunedVariantIsLaunchedWithItsBlockSize()
    {
        using var ranks = new RealGroup(length: 1);
        using var buffer = ranks.Driver.Devices[0].Allocate<float>(3);
        using var other = ranks.Driver.Devices[0].Allocate<float>(3);
        buffer.CopyFrom([1.5f, 2, -3], ranks.Streams[0]);
        other.CopyFrom([1, float.Epsilon, 3], ranks.Streams[1]);
        ranks.Driver.TakeTrace();
        ranks.Group[0].AllReduce(buffer, QuantRegime.FP, ranks.Streams[0]);
        ranks.Group[1].AllReduce(other, QuantRegime.FP, ranks.Streams[1]);
        Assert.Equal(2, ranks.Driver.TakeTrace().Count(static call => call.EndsWith("1 blocks of 128", StringComparison.Ordinal)));
        var sum = new float[3];
        other.CopyTo(sum, ranks.Streams[1]);
        Assert.Equal([2.5f, 2 + float.Epsilon, 0], sum);
        ranks.Streams[0].Synchronize();
    }

    /// <summary>Epochs live in device memory: a captured call works each time that it is replayed.</summary>
    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(AllReduceAlgorithm.TwoShot)]
    [InlineData(AllReduceAlgorithm.OneShot)]
    public void ACapturedCallIsReplayed(AllReduceAlgorithm algorithm)
    {
        using var ranks = new RealGroup(length: 30_000, algorithm);
        using var graph = GpuGraph.Capture(ranks.Streams, () =>
        {
            ranks.AllReduce(0, QuantRegime.Int4);
            ranks.AllReduce(1, QuantRegime.Int4);
        });
        for (var replay = 0; replay < 5; replay++)
        {
            var messages = ranks.Messages(replay);
            ranks.Write(messages);
            graph.Launch(ranks.Streams[0]);
            ranks.Streams[0].Synchronize();
            Assert.All(ranks.Read(), sum => Assert.Equal(RealGroup.Expected(messages, QuantRegime.Int4, algorithm), sum));
        }
    }
}
