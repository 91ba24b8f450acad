using System.Text;
using QuickReduce.Accuracy;

namespace TensorParallelInference;

/// <summary>
/// Continues a text, every rank computing its part of the model. All ranks have the same bits after every all-reduce,
/// so all draw the same next byte, each for itself: nothing but partial sums ever travels.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="temperature">Divides the logits; 0 always takes the likeliest byte.</param>
/// <param name="seed">Seed of the draws.</param>
internal sealed class TextGenerator(LlamaModel model, double temperature, int seed)
{
    /// <summary>Generates.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="prompt">What to continue; not empty.</param>
    /// <param name="byteCount">Bytes to generate.</param>
    /// <param name="write">Receives the text as it comes, from rank 0's thread.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public Task RunAsync(IRankGroup group, byte[] prompt, int byteCount, Action<string> write, CancellationToken cancellationToken)
    {
        var shards = LlamaShard.Take(model, group.LocalRanks, group.WorldSize);
        return group.RunAsync(
            (index, partialSums) =>
            {
                var output = index == 0 ? new Utf8Writer(write) : null;
                foreach (var next in Generate(new LlamaRank(shards[index - group.LocalRanks[0]]), partialSums, prompt, byteCount))
                {
                    output?.Write(next);
                }
            },
            cancellationToken);
    }

    private IEnumerable<byte> Generate(LlamaRank rank, IPartialSums partialSums, byte[] prompt, int byteCount)
    {
        var sampler = new Sampler(temperature, seed);
        var context = model.Configuration.ContextLength;
        var text = new List<byte>(prompt);
        var unread = int.Min(text.Count, context);
        for (var i = 0; i < byteCount; i++)
        {
            if (rank.Position + unread > context)
            {
                // The context is full: read its second half again, and go on from there.
                rank.Reset();
                unread = context / 2;
            }

            rank.Append([.. text.TakeLast(unread)], partialSums);
            var next = sampler.Draw(rank.Logits(unread - 1, 1));
            text.Add(next);
            unread = 1;
            yield return next;
        }
    }

    // Characters may have several bytes.
    private sealed class Utf8Writer(Action<string> write)
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
        private readonly char[] _characters = new char[4];

        public void Write(byte next)
        {
            var count = _decoder.GetChars([next], _characters, flush: false);
            if (count > 0)
            {
                write(new string(_characters, 0, count));
            }
        }
    }
}
