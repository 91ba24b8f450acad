using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using QuickReduce.Devices.Processes;
using QuickReduce.Rendezvous;
using QuickReduce.Rendezvous.Linux;

namespace QuickReduce.Collectives.Processes;

/// <summary>Forms a group of processes: the ranks meet, agree on what they are to do, and map the memory that they share.</summary>
internal static class GroupFormation
{
    /// <summary>Forms the group that this process's rank belongs to.</summary>
    /// <exception cref="RendezvousException">The ranks cannot form a group, or did not in time.</exception>
    /// <exception cref="OperationCanceledException">The caller does not want to wait any longer.</exception>
    public static Task<Communicator> JoinAsync(RankKernels kernels, RankEnvironment environment, JoinOptions options, CancellationToken cancellationToken)
    {
        var layout = new SharedLayout(environment.WorldSize, kernels.RegionBytes);
        var policy = options.Group.Prepare(kernels.Kernels, environment.WorldSize, kernels.Device);
        return FormAsync(kernels.Kernels, environment, options, Agreement(kernels, layout), Share, cancellationToken);

        Task<FormedGroup<Communicator>> Share(RankMeeting meeting, ILogger logger, CancellationToken limit)
        {
            PolicyAgreement.Require(meeting, environment.Rank, policy, limit);
            var segment = ShareMemory(meeting, environment.Rank, layout.Bytes, limit);
            var communicator = new Communicator(kernels, environment.Rank, segment, layout, policy, options.Group, logger);
            return Task.FromResult(new FormedGroup<Communicator>(communicator, communicator.Device));
        }
    }

    /// <summary>
    /// Lets the ranks meet and form a group of some kind. Blocks its thread while they meet: a process that starts has more
    /// code to compile than time to lose, and what waits without a thread is compiled anew for every place that does.
    /// </summary>
    /// <typeparam name="TGroup">What a rank has of the group.</typeparam>
    /// <param name="kernels">The kernels of the group.</param>
    /// <param name="environment">Which rank this is.</param>
    /// <param name="options">How the ranks find each other.</param>
    /// <param name="agreement">Hash of all that the ranks must have in common.</param>
    /// <param name="form">Forms the group, once all have met, and says what it runs on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="onSeveralHosts">Whether the ranks need not be on one host; then the meeting goes on, and is the group's to end.</param>
    public static async Task<TGroup> FormAsync<TGroup>(
        KernelSet kernels,
        RankEnvironment environment,
        JoinOptions options,
        byte[] agreement,
        Func<RankMeeting, ILogger, CancellationToken, Task<FormedGroup<TGroup>>> form,
        CancellationToken cancellationToken,
        bool onSeveralHosts = false)
    {
        var logger = options.LoggerFactory?.CreateLogger("QuickReduce.Communicator") ?? NullLogger.Instance;
        var started = Stopwatch.GetTimestamp();
        CommunicatorLog.Joining(logger, environment.Rank, environment.WorldSize, environment.Launcher, options.GroupName, kernels.Name);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        var meeting = default(RankMeeting);
        var goesOn = false;
        try
        {
            meeting = RankRendezvous.Meet(environment, options, agreement, new FormationObserver(environment, options, logger), limit.Token, onSeveralHosts ? string.Empty : null);
            var (group, device) = await form(meeting, logger, limit.Token).ConfigureAwait(false);
            CommunicatorLog.Formed(logger, environment.Rank, environment.WorldSize, device, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            goesOn = true;
            if (!onSeveralHosts)
            {
                meeting.End();
            }

            return group;
        }
        catch (RendezvousException exception) when (exception.Problem == RendezvousProblem.TimedOut && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("Rank " + environment.Rank + " no longer waits for the others to join.", exception, cancellationToken);
        }
        catch (QuickReduceException exception)
        {
            CommunicatorLog.NotFormed(logger, environment.Rank, exception);
            throw;
        }
        finally
        {
            if (meeting is not null && !goesOn)
            {
                await meeting.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says what cannot work, before anyone waits, and chooses what is to run the kernels.</summary>
    public static RankKernels Validate(KernelSet kernels, RankEnvironment environment, JoinOptions options)
    {
        RequirePlatform(kernels, options);
        options.Group.Validate();
        kernels.RequireWorldSize(environment.WorldSize);
        return new RankKernels(kernels, environment.WorldSize, options.Group.Device, options.Group.LibraryDirectory ?? AppContext.BaseDirectory);
    }

    /// <summary>Says what cannot work with any group of processes.</summary>
    public static void RequirePlatform(KernelSet kernels, JoinOptions options)
    {
        if (!LibC.IsSupported)
        {
            throw new RendezvousException(
                RendezvousProblem.UnsupportedPlatform,
                "Ranks in processes of their own need Linux on x86-64 or arm64. Use " + kernels.Name + "'s groups within one process.");
        }

        if (options.Timeout <= TimeSpan.Zero && options.Timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Timeout, "JoinOptions.Timeout is positive, or Timeout.InfiniteTimeSpan.");
        }
    }

    /// <summary>
    /// Rank 0 makes the memory and tells its name, the others map it, and all hear whether all could. Then the name goes.
    /// </summary>
    public static SharedSegment ShareMemory(RankMeeting meeting, int rank, long bytes, CancellationToken cancellationToken)
    {
        SharedSegment? segment = null;
        var problem = string.Empty;
        try
        {
            if (rank == 0)
            {
                segment = Attempt(() => SharedSegment.Create(bytes), ref problem);
            }

            var names = meeting.Exchange(Encoding.UTF8.GetBytes(segment?.Path ?? string.Empty), cancellationToken);
            if (rank != 0 && Encoding.UTF8.GetString(names[0]) is { Length: > 0 } path)
            {
                segment = Attempt(() => SharedSegment.IsPath(path) ? SharedSegment.Open(path, bytes) : throw new IOException(path + " is not shared memory."), ref problem);
            }

            if (segment is not null && !segment.TryHold(rank))
            {
                problem = "rank " + rank + " is held by another process";
            }

            var problems = meeting.Exchange(Encoding.UTF8.GetBytes(problem), cancellationToken);
            if (Array.FindIndex(problems, static text => text.Length > 0) is var culprit and >= 0)
            {
                throw new RendezvousException(
                    RendezvousProblem.SharedMemory,
                    "The ranks cannot form a group: rank " + culprit + " cannot have the " + bytes + " bytes that they share: " + Encoding.UTF8.GetString(problems[culprit])
                        + " Make room in /dev/shm (containers: --shm-size).",
                    [culprit]);
            }

            return segment!;
        }
        catch
        {
            segment?.Dispose();
            throw;
        }
        finally
        {
            if (rank == 0)
            {
                segment?.RemoveName();
            }
        }
    }

    private static SharedSegment? Attempt(Func<SharedSegment> open, ref string problem)
    {
        try
        {
            return open();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <summary>Hash of all that ranks must have in common to come to the same decisions.</summary>
    private static byte[] Agreement(RankKernels kernels, SharedLayout layout)
    {
        var text = new StringBuilder();
        text.Append(SharedLayout.Version).Append('\n').Append(layout.RegionBytes).Append('\n').Append(kernels.Kernels.Name).Append('\n');
        foreach (var variant in kernels.Kernels.VariantArray)
        {
            text.Append(variant.KernelName).Append('\n');
        }

        text.Append((int)kernels.Device);
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private sealed class FormationObserver(RankEnvironment environment, JoinOptions options, ILogger logger) : IRendezvousObserver
    {
        public void RanksMissing(IReadOnlyList<int> ranks)
        {
            options.MissingRanks?.Report(ranks);
            if (logger.IsEnabled(LogLevel.Information))
            {
                CommunicatorLog.Waiting(logger, environment.Rank, string.Join(", ", ranks), environment.WorldSize);
            }
        }

        public void ConnectionRefused(string reason) => CommunicatorLog.ConnectionRefused(logger, environment.Rank, reason);
    }
}

/// <summary>What a rank has of a group that has formed.</summary>
/// <param name="Group">The group.</param>
/// <param name="Device">What it runs on.</param>
internal sealed record FormedGroup<TGroup>(TGroup Group, DeviceKind Device);
