using QuickReduce.Accuracy;

namespace QuickReduce.CodecStudy;

/// <summary>What a model predicts of a text in full precision, and how far a codec moves it.</summary>
internal sealed class ModelLoss
{
    private readonly IReadOnlyList<LlamaShard> _shards;
    private readonly ByteWindows _windows;
    private readonly float[][] _full;

    /// <summary>Predicts in full precision.</summary>
    /// <param name="modelDirectory">The model, with its text <c>validation.txt</c>.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="windowCount">Windows of the text.</param>
    public ModelLoss(string modelDirectory, int ranks, int windowCount)
    {
        var model = LlamaModel.Load(modelDirectory);
        _windows = ByteWindows.Read(Path.Combine(modelDirectory, "validation.txt"), model.Configuration.ContextLength, windowCount);
        _shards = LlamaShard.Split(model, ranks);
        _full = Measures.LogProbabilities(_shards, _windows, () => new SimulatedRanks(ranks, codec: null, ownAsIs: false));
        FullLoss = Measures.Loss(_full, _windows);
    }

    /// <summary>Nats per byte in full precision.</summary>
    public double FullLoss { get; }

    /// <summary>More nats per byte than that, and the divergence of the predictions, in nats.</summary>
    public (double Loss, double Divergence) Compare(Func<SimulatedRanks> createRanks)
    {
        var predictions = Measures.LogProbabilities(_shards, _windows, createRanks);
        return (Measures.Loss(predictions, _windows) - FullLoss, Measures.Divergence(_full, predictions, _windows));
    }
}
