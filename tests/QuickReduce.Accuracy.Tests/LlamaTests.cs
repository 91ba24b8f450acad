using QuickReduce.Accuracy.Tests.Support;

namespace QuickReduce.Accuracy.Tests;

public class LlamaTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public async Task TheSampleModelIsComputedAsItsPapersWriteIt(int worldSize)
    {
        var tokens = SampleModel.Windows(1).Tokens(0)[..40].ToArray();
        var expected = ReferenceLogits.Value;

        foreach (var logits in await LogitsAsync(SampleModel.Model, new ExactRankGroup(worldSize), tokens))
        {
            Assert.InRange(GreatestError(expected, logits), 0, 2e-4);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task SoIsAModelWithSharedHeadsAndAnOutputLayerOfItsOwn(int worldSize)
    {
        using var checkpoint = new TinyCheckpoint().Save();
        byte[] tokens = [.. Enumerable.Range(0, TinyCheckpoint.ContextLength).Select(static i => (byte)(i * 37))];
        var expected = new ReferenceLlama(checkpoint.Directory).Logits(tokens);

        foreach (var logits in await LogitsAsync(LlamaModel.Load(checkpoint.Directory), new ExactRankGroup(worldSize), tokens))
        {
            Assert.InRange(GreatestError(expected, logits), 0, 2e-5);
        }
    }

    [Theory]
    [InlineData(QuantRegime.FP)]
    [InlineData(QuantRegime.Int4)]
    public async Task ByteByByteGivesTheBitsOfTheWholeWindow(QuantRegime regime)
    {
        var item = new AccuracyCase(DataType.Float16, regime, 2);
        var tokens = SampleModel.Windows(1).Tokens(0)[..45].ToArray();
        var whole = await LogitsAsync(SampleModel.Model, CollectiveRankGroups.Create(item), tokens);
        var pieces = await LogitsAsync(SampleModel.Model, CollectiveRankGroups.Create(item), tokens, [17, 1, 1, 8, 3, 1, 14]);

        Assert.Equal(whole[0], pieces[0]);
        Assert.Equal(whole[0], pieces[1]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(16)]
    public void WhatCannotBeSplitIsSaid(int worldSize)
    {
        var exception = Assert.Throws<ArgumentException>(() => LlamaShard.Split(SampleModel.Model, worldSize));
        Assert.Contains("8 attention heads cannot be split over " + worldSize + " ranks", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheContextHasAnEnd()
    {
        using var checkpoint = new TinyCheckpoint().Save();
        var rank = new LlamaRank(LlamaShard.Split(LlamaModel.Load(checkpoint.Directory), 1)[0]);
        rank.Append(new byte[TinyCheckpoint.ContextLength], WholeSums.Instance);

        Assert.Throws<ArgumentException>(() => rank.Append(new byte[1], WholeSums.Instance));
        rank.Reset();
        rank.Append(new byte[1], WholeSums.Instance);
        Assert.Throws<ArgumentOutOfRangeException>(() => rank.Logits(0, 2).Length);
    }

    private static Lazy<double[][]> ReferenceLogits { get; } =
        new(static () => new ReferenceLlama(SampleModel.Directory).Logits(SampleModel.Windows(1).Tokens(0)[..40]));

    private static async Task<float[][]> LogitsAsync(LlamaModel model, IRankGroup group, byte[] tokens, int[]? pieces = null)
    {
        using (group)
        {
            var shards = LlamaShard.Split(model, group.WorldSize);
            var logits = shards.Select(static _ => new List<float>()).ToArray();
            await group.RunAsync(
                (index, partialSums) =>
                {
                    var rank = new LlamaRank(shards[index]);
                    foreach (var length in pieces ?? [tokens.Length])
                    {
                        rank.Append(tokens.AsSpan(rank.Position, length), partialSums);
                        logits[index].AddRange(rank.Logits(0, length));
                    }
                },
                CancellationToken.None);
            return [.. logits.Select(static list => list.ToArray())];
        }
    }

    private static double GreatestError(double[][] expected, float[] actual) =>
        expected.SelectMany(static row => row).Zip(actual, static (left, right) => Math.Abs(left - right)).Max();
}
