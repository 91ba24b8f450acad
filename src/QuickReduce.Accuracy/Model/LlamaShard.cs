using QuickReduce.Accuracy.Arithmetic;

namespace QuickReduce.Accuracy;

/// <summary>
/// One rank's part of a model under tensor parallelism: some of the heads of every attention and some of the channels
/// of every MLP, so that each rank's results of the two are partial sums. Immutable and thread-safe.
/// </summary>
/// <remarks>Source: M. Shoeybi et al., Megatron-LM, arXiv:1909.08053, section 3.</remarks>
public sealed class LlamaShard
{
    private LlamaShard(LlamaModel model, int rank, int worldSize, PackedMatrix output)
    {
        Model = model;
        Rank = rank;
        WorldSize = worldSize;
        Output = output;
        Layers = [.. model.Layers.Select(PartOf)];
    }

    /// <summary>The whole model.</summary>
    public LlamaModel Model { get; }

    /// <summary>Which part this is, from 0.</summary>
    public int Rank { get; }

    /// <summary>Number of parts.</summary>
    public int WorldSize { get; }

    internal int HeadCount => Model.Configuration.HeadCount / WorldSize;

    internal int KeyValueHeadCount => Model.Configuration.KeyValueHeadCount / WorldSize;

    internal int IntermediateSize => Model.Configuration.IntermediateSize / WorldSize;

    internal IReadOnlyList<ShardLayer> Layers { get; }

    /// <summary>The output layer, which every rank has as a whole.</summary>
    internal PackedMatrix Output { get; }

    /// <summary>Splits a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="worldSize">Number of ranks; 1 for the model as a whole.</param>
    /// <returns>The parts, rank 0 first.</returns>
    /// <exception cref="ArgumentException">The model's heads or channels cannot be split into so many parts.</exception>
    public static IReadOnlyList<LlamaShard> Split(LlamaModel model, int worldSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        return Take(model, [.. Enumerable.Range(0, worldSize)], worldSize);
    }

    /// <summary>Splits a model and gives some of its parts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ranks">Which parts.</param>
    /// <param name="worldSize">Number of all parts.</param>
    /// <returns>The parts, in the order of <paramref name="ranks"/>.</returns>
    /// <exception cref="ArgumentException">The model's heads or channels cannot be split into so many parts, or there is no such part.</exception>
    public static IReadOnlyList<LlamaShard> Take(LlamaModel model, IReadOnlyList<int> ranks, int worldSize)
    {
        RequireSplit(model, worldSize);
        ArgumentNullException.ThrowIfNull(ranks);
        if (ranks.Any(rank => rank < 0 || rank >= worldSize))
        {
            throw new ArgumentException("There are parts from 0 to " + (worldSize - 1) + " only.", nameof(ranks));
        }

        var configuration = model.Configuration;
        var output = PackedMatrix.Of(new WeightSlice(model.Output, configuration.HiddenSize, 0, configuration.VocabularySize, 0, configuration.HiddenSize));
        return [.. ranks.Select(rank => new LlamaShard(model, rank, worldSize, output))];
    }

    /// <summary>Whether a model can be split into so many parts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="worldSize">Number of ranks, from 1.</param>
    public static bool CanSplit(LlamaModel model, int worldSize) => Unsplittable(model, worldSize) is null;

    /// <summary>Throws where <see cref="Split"/> would, at once.</summary>
    internal static void RequireSplit(LlamaModel model, int worldSize)
    {
        if (Unsplittable(model, worldSize) is { } what)
        {
            throw new ArgumentException("The model's " + what + " cannot be split over " + worldSize + " ranks.");
        }
    }

    private static string? Unsplittable(LlamaModel model, int worldSize)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        var configuration = model.Configuration;
        return configuration.HeadCount % worldSize != 0 ? configuration.HeadCount + " attention heads"
            : configuration.KeyValueHeadCount % worldSize != 0 ? configuration.KeyValueHeadCount + " key and value heads"
            : configuration.IntermediateSize % worldSize != 0 ? configuration.IntermediateSize + " MLP channels"
            : null;
    }

    private ShardLayer PartOf(LlamaLayer layer)
    {
        var hidden = Model.Configuration.HiddenSize;
        var query = HeadCount * Model.Configuration.HeadDimension;
        var keyValue = KeyValueHeadCount * Model.Configuration.HeadDimension;
        return new ShardLayer(
            layer.AttentionNorm,
            PackedMatrix.Of(Outputs(layer.Query, query), Outputs(layer.Key, keyValue), Outputs(layer.Value, keyValue)),
            PackedMatrix.Of(Inputs(layer.AttentionOutput, query)),
            layer.MlpNorm,
            PackedMatrix.Of(Outputs(layer.Gate, IntermediateSize), Outputs(layer.Up, IntermediateSize)),
            PackedMatrix.Of(Inputs(layer.Down, IntermediateSize)));

        WeightSlice Outputs(float[] weight, int count) => new(weight, hidden, Rank * count, count, 0, hidden);
        WeightSlice Inputs(float[] weight, int count) => new(weight, count * WorldSize, 0, hidden, Rank * count, count);
    }
}

/// <summary>One rank's weights of one layer.</summary>
internal sealed record ShardLayer(
    float[] AttentionNorm,
    PackedMatrix QueryKeyValue,
    PackedMatrix AttentionOutput,
    float[] MlpNorm,
    PackedMatrix GateUp,
    PackedMatrix Down);
