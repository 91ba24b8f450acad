using QuickReduce.Accuracy.Arithmetic;

namespace QuickReduce.Accuracy.Tests;

public class MatrixProductTests
{
    [Theory]
    [InlineData(1, 1, 16)]
    [InlineData(8, 48, 48)]
    [InlineData(13, 7, 80)]
    [InlineData(19, 100, 32)]
    public void EveryElementIsOneChainOfFusedMultiplyAdds(int rows, int depth, int columns)
    {
        var random = new Random(rows);
        var left = Numbers(random, rows * depth);
        var weight = Numbers(random, columns * depth);
        var output = new float[rows * columns];

        PackedMatrix.Of(new WeightSlice(weight, depth, 0, columns, 0, depth)).Multiply(left, depth, rows, output);

        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var sum = 0f;
                for (var i = 0; i < depth; i++)
                {
                    sum = float.FusedMultiplyAdd(left[(row * depth) + i], weight[(column * depth) + i], sum);
                }

                Assert.Equal(sum, output[(row * columns) + column]);
            }
        }
    }

    [Fact]
    public void PartsOfAWeightLieSideBySide()
    {
        // Outputs 1 and 2 of the first, output 0 of the second, each with inputs 1 and 2 of three.
        float[] first = [0, 1, 2, 3, 4, 5, 6, 7, 8], second = [10, 20, 30];
        var packed = PackedMatrix.Of(new WeightSlice(first, 3, 1, 2, 1, 2), new WeightSlice(second, 3, 0, 1, 1, 2));
        var output = new float[packed.Columns];

        packed.Multiply([1, 100], 2, 1, output);

        Assert.Equal([504f, 807, 3020, 0], output[..4]);
    }

    [Fact]
    public void ShortSpansAreRefused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => PackedMatrix.Of(new WeightSlice(new float[32], 2, 0, 16, 0, 2)).Multiply(new float[4], 2, 2, new float[31]));

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
