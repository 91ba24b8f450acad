using System.Diagnostics;

namespace QuickReduce.Measurement;

/// <summary>
/// Ends the process when a step takes too long, after printing every flag and epoch of the group in use: a hang on a
/// device can be neither interrupted nor waited out.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private const int HangExitCode = 3;

    private readonly Timer _timer;
    private readonly TimeSpan _limit;
    private readonly Lock _gate = new();
    private string _step = "start";
    private long _since = Stopwatch.GetTimestamp();
    private GpuGroup? _group;

    public Watchdog(TimeSpan limit)
    {
        _limit = limit;
        _timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Begins a step, which must end within the limit.</summary>
    public void Begin(string step, GpuGroup? group)
    {
        lock (_gate)
        {
            _step = step;
            _group = group;
            _since = Stopwatch.GetTimestamp();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            if (Stopwatch.GetElapsedTime(_since) < _limit)
            {
                return;
            }

            Console.Error.WriteLine($"HANG: '{_step}' has not ended within {_limit.TotalSeconds} s. Epochs and flags that are not zero:");
            Console.Error.Flush();

            // Reading them may hang as well: not for long. The process ends at once, without the driver's own tidying up,
            // which would wait for the kernels.
            new Thread(static () =>
            {
                Thread.Sleep(TimeSpan.FromSeconds(10));
                ProcessEnvironment.ExitNow(HangExitCode);
            }) { IsBackground = true }.Start();
            Console.Error.WriteLine(_group?.DescribeWorkspaces() ?? "no group");
            Console.Error.Flush();
            ProcessEnvironment.ExitNow(HangExitCode);
        }
    }
}
