using System.Collections.Concurrent;

namespace QuickReduce.Codegen;

/// <summary>
/// What was rendered before in this process. Rendering is most of what a generator run costs, and a compiler server and an
/// editor ask for the same again and again: in the next build, in the next target framework, in classes of the same cut.
/// Safe for several threads, of which two may render the same text.
/// </summary>
/// <typeparam name="TKey">All that the text follows from, compared by value.</typeparam>
/// <param name="most">Number of texts at which all are dropped.</param>
internal sealed class RenderedTexts<TKey>(int most)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, string> _texts = new();

    /// <summary>The text of a key. What fails to render is not kept.</summary>
    public string GetOrRender(TKey key, Func<TKey, string> render)
    {
        if (!_texts.TryGetValue(key, out var text))
        {
            text = render(key);
            if (_texts.Count >= most)
            {
                _texts.Clear();
            }

            _texts[key] = text;
        }

        return text;
    }
}
