namespace QuickReduce.Build;

/// <summary>
/// Remembers, in a file below <c>obj</c>, what compilers answered, so that a build in which nothing changed starts none.
/// A line per answer: the question's hash, a tab, the answer.
/// </summary>
internal sealed class ProbeCache
{
    private readonly string? _path;
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _used = new(StringComparer.Ordinal);

    public ProbeCache(string? path)
    {
        _path = path;
        string? text = path is null ? null : FileText.ReadOrNull(path);
        foreach (string line in (text ?? "").Split('\n'))
        {
            int tab = line.IndexOf('\t');
            if (tab > 0)
            {
                _known[line.Substring(0, tab)] = line.Substring(tab + 1);
            }
        }
    }

    /// <param name="question">The question, with all that its answer depends on.</param>
    /// <param name="ask">Gets the answer where it is not known.</param>
    /// <param name="stillHolds">Whether an earlier answer may be believed; every one if left out.</param>
    public string GetOrAsk(string question, Func<string> ask, Func<string, bool>? stillHolds = null)
    {
        string key = FileText.Sha256OfText(question);
        if (!_used.TryGetValue(key, out string? answer))
        {
            if (!_known.TryGetValue(key, out answer) || stillHolds?.Invoke(answer) == false)
            {
                answer = ask().Replace('\n', ' ').Replace('\r', ' ');
            }

            _used[key] = answer;
        }

        return answer;
    }

    /// <summary>Keeps what this build asked; answers of compilers that are gone fall away.</summary>
    public void Save()
    {
        if (_path is not null && _used.Count > 0)
        {
            FileText.WriteIfDifferent(_path, string.Concat(_used.Select(entry => $"{entry.Key}\t{entry.Value}\n")));
        }
    }
}
