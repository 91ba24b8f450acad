using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace QuickReduce.Collectives.Processes;

/// <summary>
/// Measurements of calls, under the name <c>QuickReduce</c>: as metrics and as activities. Where nobody listens, a call
/// pays for asking whether somebody does.
/// </summary>
internal static class CommunicatorTelemetry
{
    private const string Name = "QuickReduce";

    private static readonly ActivitySource Activities = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Calls = Meter.CreateCounter<long>("quickreduce.calls", "{call}", "All-reduces of this process's ranks");
    private static readonly Counter<long> SavedBytes = Meter.CreateCounter<long>("quickreduce.saved", "By", "Bytes that quantisation has kept from travelling");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("quickreduce.duration", "s", "Time from call to sum");
    private static readonly Counter<long> Sleeps = Meter.CreateCounter<long>("quickreduce.sleeps", "{sleep}", "Waits for other ranks that were so long that the thread went to sleep");

    /// <summary>Whether anyone listens.</summary>
    public static bool IsOn => Calls.Enabled || Duration.Enabled || SavedBytes.Enabled || Sleeps.Enabled || Activities.HasListeners();

    /// <summary>Begins to measure a call.</summary>
    public static CallMeasurement Begin(int rank, in RankRequest request, long sleeps)
    {
        var activity = Activities.StartActivity("AllReduce");
        activity?.SetTag("quickreduce.rank", rank).SetTag("quickreduce.request", request.Describe());
        return new CallMeasurement(activity, Stopwatch.GetTimestamp(), sleeps);
    }

    /// <summary>Ends it.</summary>
    /// <param name="measurement">What <see cref="Begin"/> gave.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="request">What it asked for.</param>
    /// <param name="plan">How it was done.</param>
    /// <param name="sleeps">Sleeps of the rank so far.</param>
    /// <param name="exception">Why it failed; null if it did not.</param>
    public static void End(in CallMeasurement measurement, int rank, in RankRequest request, in CallPlan plan, long sleeps, Exception? exception)
    {
        var tags = new TagList
        {
            { "quickreduce.rank", rank },
            { "quickreduce.type", request.DataType.ToString() },
            { "quickreduce.regime", request.Mode.ToString() },
            { "quickreduce.hops", plan.Hops },
        };
        if (exception is null)
        {
            SavedBytes.Add(Saved(request, plan), tags);
        }
        else
        {
            tags.Add("error.type", exception.GetType().FullName);
            measurement.Activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
        }

        Calls.Add(1, tags);
        Duration.Record(Stopwatch.GetElapsedTime(measurement.Started).TotalSeconds, tags);
        Sleeps.Add(sleeps - measurement.Sleeps, tags);
        measurement.Activity?.Dispose();
    }

    /// <summary>Counts a call that was enqueued on a device, where nobody waits for its end.</summary>
    public static void Enqueued(int rank, in RankRequest request, KernelVariant variant)
    {
        if (!IsOn)
        {
            return;
        }

        var hops = variant.Algorithm == AllReduceAlgorithm.OneShot ? 1 : 2;
        var tags = new TagList
        {
            { "quickreduce.rank", rank },
            { "quickreduce.type", request.DataType.ToString() },
            { "quickreduce.regime", request.Mode.ToString() },
            { "quickreduce.hops", hops },
        };
        Calls.Add(1, tags);
        SavedBytes.Add(hops * (request.InputLength * request.ElementBytes - WireFormat.Of(variant).MessageBytes(request.InputLength)), tags);
    }

    private static long Saved(in RankRequest request, in CallPlan plan) => plan.Kernel is { } kernel
        ? plan.Hops * (request.InputLength * request.ElementBytes - WireFormat.Of(kernel.Variant).MessageBytes(request.InputLength))
        : 0;
}

/// <summary>A call that is being measured.</summary>
/// <param name="Activity">Its activity, if somebody listens.</param>
/// <param name="Started">When it began, in ticks of <see cref="Stopwatch"/>.</param>
/// <param name="Sleeps">Sleeps of the rank before it.</param>
internal readonly record struct CallMeasurement(Activity? Activity, long Started, long Sleeps);
