using System.Runtime.CompilerServices;

namespace QuickReduce.Collectives;

/// <summary>
/// Threads of a group's own, started when first needed and kept until the group is gone. Not the thread pool's: ranks
/// block, and eight blocked pool threads on two processors would starve the rest of the application.
/// </summary>
internal sealed class ThreadCrew(string name) : IDisposable
{
    private readonly List<CrewThread> _threads = [];

    /// <summary>Ends the threads of a group that was not disposed; idle threads do not keep their group alive.</summary>
    ~ThreadCrew() => Stop();

    /// <summary>Starts threads until there are <paramref name="count"/>. Not thread-safe.</summary>
    public void Require(int count)
    {
        while (_threads.Count < count)
        {
            _threads.Add(new CrewThread(name + " " + _threads.Count));
        }
    }

    /// <summary>Gives a thread something to do, once it has done what it does now; what was given before that is dropped.</summary>
    public void Start(int thread, Action work) => _threads[thread].Start(work);

    /// <summary>Lets the threads end as soon as they have nothing to do.</summary>
    public void Dispose()
    {
        Stop();
        GC.SuppressFinalize(this);
    }

    private void Stop()
    {
        foreach (var thread in _threads)
        {
            thread.Stop();
        }
    }

    private sealed class CrewThread
    {
        // Covers the pause between two calls that follow each other, so that the second finds the thread awake.
        private const int SpinsBeforeSleep = 200;

        private readonly AutoResetEvent _wake = new(initialState: false);
        private Action? _work;
        private volatile bool _stopping;

        public CrewThread(string name) =>
            new Thread(Loop) { IsBackground = true, Name = name }.UnsafeStart();

        public void Start(Action work)
        {
            Volatile.Write(ref _work, work);
            _wake.Set();
        }

        public void Stop()
        {
            _stopping = true;
            _wake.Set();
        }

        private void Loop()
        {
            while (true)
            {
                for (var spin = 0; spin < SpinsBeforeSleep && Volatile.Read(ref _work) is null; spin++)
                {
                    Thread.SpinWait(1);
                }

                if (Volatile.Read(ref _work) is null && !_stopping)
                {
                    _wake.WaitOne();
                }

                if (!RunPending() && _stopping)
                {
                    return;
                }
            }
        }

        /// <summary>Runs what there is to do. A method of its own, so that an idle thread holds on to none of it.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private bool RunPending()
        {
            // Taken before it runs: it may be the work itself that leads to the next Start.
            var work = Interlocked.Exchange(ref _work, null);
            work?.Invoke();
            return work is not null;
        }
    }
}
