using QuickReduce.Accuracy;

namespace QuickStart;

/// <summary>
/// Real partial sums of a small Llama-style model at tensor parallelism 8: what eight ranks hold before the all-reduces
/// after attention and MLP of three layers, 256 positions × 384 channels each.
/// </summary>
internal sealed class PartialSums
{
    private const int RecordedRanks = 8;
    private static readonly string[] TensorNames = ["layer0.attn", "layer2.mlp", "layer5.mlp"];

    private readonly float[][] _ranks;

    private PartialSums(float[][] ranks) => _ranks = ranks;

    /// <summary>Elements that each rank holds, all tensors one after the other.</summary>
    public int ElementCount => _ranks[0].Length;

    /// <summary>Reads the recorded tensors.</summary>
    /// <exception cref="InvalidDataException">The file is not what it should be.</exception>
    public static PartialSums Load(string path)
    {
        var file = SafeTensors.Read(path);
        var ranks = new float[RecordedRanks][];
        for (var rank = 0; rank < RecordedRanks; rank++)
        {
            ranks[rank] = [.. TensorNames.SelectMany(name => SliceOfRank(file, name, rank))];
        }

        return new PartialSums(ranks);
    }

    /// <summary>
    /// What the ranks would hold at a smaller world size: each the sum of neighbouring recorded ranks, rounded to the
    /// element type.
    /// </summary>
    public T[][] ForWorldSize<T>(int worldSize, Func<float, T> round)
    {
        var merged = RecordedRanks / worldSize;
        return [.. Enumerable.Range(0, worldSize).Select(rank => Enumerable.Range(0, ElementCount)
            .Select(i => round(Enumerable.Range(rank * merged, merged).Aggregate(0f, (sum, recorded) => sum + _ranks[recorded][i])))
            .ToArray())];
    }

    private static IEnumerable<float> SliceOfRank(IReadOnlyDictionary<string, SafeTensor> file, string name, int rank)
    {
        var tensor = file[name];
        var length = (int)tensor.Shape.Skip(1).Aggregate(1L, static (product, dimension) => product * dimension);
        return tensor.AsHalf().Slice(rank * length, length).ToArray().Select(static half => (float)half);
    }
}
