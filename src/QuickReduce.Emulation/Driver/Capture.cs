namespace QuickReduce.Emulation.Driver;

/// <summary>Work that streams enqueue while they are captured, with what has to be done before it.</summary>
internal sealed class Capture
{
    private readonly List<(Work Work, int[] After)> _nodes = [];
    private readonly Dictionary<StreamQueue, int[]> _tails = [];

    public Capture(StreamQueue origin) => Join(origin, []);

    /// <summary>Captures a stream as well, after nodes of others.</summary>
    public void Join(StreamQueue stream, int[] after)
    {
        _tails[stream] = [.. _tails.GetValueOrDefault(stream, []).Union(after)];
        stream.Capture = this;
    }

    /// <summary>The nodes that a stream has come to.</summary>
    public int[] TailOf(StreamQueue stream) => _tails[stream];

    public void Add(StreamQueue stream, Work work)
    {
        _nodes.Add((work, _tails[stream]));
        _tails[stream] = [_nodes.Count - 1];
    }

    /// <summary>Ends the capture; gives what launches all of it.</summary>
    public Work End()
    {
        foreach (var stream in _tails.Keys)
        {
            stream.Capture = null;
        }

        return Launch;
    }

    private Func<bool> Launch()
    {
        var running = new Func<bool>?[_nodes.Count];
        var done = new bool[_nodes.Count];
        return () =>
        {
            for (var progress = true; progress;)
            {
                progress = false;
                for (var i = 0; i < done.Length; i++)
                {
                    if (!done[i] && running[i] is null && Array.TrueForAll(_nodes[i].After, node => done[node]))
                    {
                        running[i] = _nodes[i].Work();
                    }

                    if (!done[i] && running[i] is { } isDone && isDone())
                    {
                        (done[i], progress) = (true, true);
                    }
                }
            }

            return Array.TrueForAll(done, static node => node);
        };
    }
}
