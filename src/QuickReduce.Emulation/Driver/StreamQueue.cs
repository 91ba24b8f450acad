namespace QuickReduce.Emulation.Driver;

/// <summary>Something that was enqueued: starting it gives a question whether it is done.</summary>
internal delegate Func<bool> Work();

/// <summary>A stream of a device: what was enqueued, in order.</summary>
internal sealed class StreamQueue(int device)
{
    private readonly Queue<Work> _work = [];
    private Func<bool>? _running;

    public int Device { get; } = device;

    /// <summary>The capture that what is enqueued goes to instead; null for none.</summary>
    public Capture? Capture { get; set; }

    public bool IsIdle => _running is null && _work.Count == 0;

    public void Enqueue(Work work)
    {
        if (Capture is { } capture)
        {
            capture.Add(this, work);
        }
        else
        {
            _work.Enqueue(work);
        }
    }

    /// <summary>Ends what is done and starts what comes next; says whether anything happened.</summary>
    public bool Advance()
    {
        var happened = false;
        while (true)
        {
            if (_running is { } running)
            {
                if (!running())
                {
                    return happened;
                }

                _running = null;
                happened = true;
            }

            if (!_work.TryDequeue(out var next))
            {
                return happened;
            }

            _running = next();
            happened = true;
        }
    }
}

/// <summary>An event: how often it was recorded, and how often streams have come to that.</summary>
internal sealed class EventState
{
    public long Recorded { get; set; }

    public long Reached { get; set; }

    /// <summary>The capture in which it was recorded last, and after which of its nodes; null outside of one.</summary>
    public (Capture Capture, int[] After)? Captured { get; set; }
}
