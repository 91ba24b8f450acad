using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using QuickReduce.Devices.Processes;
using QuickReduce.Policy;
using QuickReduce.Rendezvous;
using QuickReduce.Rendezvous.Linux;

namespace QuickReduce.Collectives.Processes;

/// <summary>Forms a group of processes: the ranks meet, agree on what they are to do, and map the memory that they share.</summary>
internal static class GroupFormation
{
    // Of a policy in words, for messages; its hash is what counts.
    private const int MaxPolicyText = 4096;

    /// <summary>Forms the group that this process's rank belongs to.</summary>
    /// <exception cref="RendezvousException">The ranks cannot form a group, or did not in time.</exception>
    /// <exception cref="OperationCanceledException">The caller does not want to wait any longer.</exception>
    public static async Task<Communicator> JoinAsync(RankKernels kernels, RankEnvironment environment, JoinOptions options, CancellationToken cancellationToken)
    {
        var layout = new SharedLayout(environment.WorldSize, kernels.RegionBytes);
        var policy = options.Group.Prepare(kernels.Kernels, environment.WorldSize, kernels.Device);
        var logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("QuickReduce.Communicator");
        var started = Stopwatch.GetTimestamp();
        CommunicatorLog.Joining(logger, environment.Rank, environment.WorldSize, environment.Launcher, options.GroupName, kernels.Kernels.Name);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        try
        {
            var meeting = await RankRendezvous.MeetAsync(environment, options, Agreement(kernels, layout), new FormationObserver(environment, options, logger), limit.Token).ConfigureAwait(false);
            await using (meeting.ConfigureAwait(false))
            {
                await RequireOnePolicyAsync(meeting, environment.Rank, policy, limit.Token).ConfigureAwait(false);
                var segment = await ShareMemoryAsync(meeting, environment.Rank, layout, limit.Token).ConfigureAwait(false);
                var communicator = new Communicator(kernels, environment.Rank, segment, layout, policy, options.Group, logger);
                CommunicatorLog.Formed(logger, communicator.Rank, communicator.WorldSize, communicator.Device, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                return communicator;
            }
        }
        catch (RendezvousException exception) when (exception.Problem == RendezvousProblem.TimedOut && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("Rank " + environment.Rank + " no longer waits for the others to join.", exception, cancellationToken);
        }
        catch (RendezvousException exception)
        {
            CommunicatorLog.NotFormed(logger, environment.Rank, exception);
            throw;
        }
    }

    /// <summary>Says what cannot work, before anyone waits, and chooses what is to run the kernels.</summary>
    public static RankKernels Validate(KernelSet kernels, RankEnvironment environment, JoinOptions options)
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

        options.Group.Validate();
        kernels.RequireWorldSize(environment.WorldSize);
        return new RankKernels(kernels, environment.WorldSize, options.Group.Device, options.Group.LibraryDirectory ?? AppContext.BaseDirectory);
    }

    /// <summary>
    /// Ranks that would choose differently must not start: they would send what their peers don't expect. All hear what all
    /// would choose, so that every rank names the same ones.
    /// </summary>
    private static async Task RequireOnePolicyAsync(RankMeeting meeting, int rank, PolicyTable policy, CancellationToken cancellationToken)
    {
        var own = Encoding.UTF8.GetBytes(policy.Describe());
        var offer = SHA256.HashData(own).Concat(own.Take(MaxPolicyText)).ToArray();
        var policies = await meeting.ExchangeAsync(offer, cancellationToken).ConfigureAwait(false);
        int[] others = [.. Enumerable.Range(0, policies.Length).Where(other => !policies[other].AsSpan().SequenceEqual(policies[0]))];
        if (others.Length > 0)
        {
            var (first, second) = FirstDifference(policies[0], policies[others[0]]);
            throw new RendezvousException(
                RendezvousProblem.Mismatch,
                "Rank " + rank + " cannot join: the policies of " + (others.Length == 1 ? "rank " : "ranks ") + string.Join(", ", others) + " and of rank 0 choose differently: rank 0 has '"
                    + first + "', and rank " + others[0] + " '" + second + "'. Give all ranks the same GroupOptions, environment variables and tuning profile.",
                others);
        }

        static (string First, string Second) FirstDifference(byte[] left, byte[] right)
        {
            var lines = Lines(left).Zip(Lines(right)).FirstOrDefault(static pair => pair.First != pair.Second);
            return lines == default ? ("…", "…") : lines;
        }

        static IEnumerable<string> Lines(byte[] policy) =>
            Encoding.UTF8.GetString(policy.AsSpan(int.Min(policy.Length, SHA256.HashSizeInBytes))).Split('\n').Append("nothing more");
    }

    /// <summary>
    /// Rank 0 makes the memory and tells its name, the others map it, and all hear whether all could. Then the name goes.
    /// </summary>
    private static async Task<SharedSegment> ShareMemoryAsync(RankMeeting meeting, int rank, SharedLayout layout, CancellationToken cancellationToken)
    {
        SharedSegment? segment = null;
        var problem = string.Empty;
        try
        {
            if (rank == 0)
            {
                segment = Attempt(() => SharedSegment.Create(layout.Bytes), ref problem);
            }

            var names = await meeting.ExchangeAsync(Encoding.UTF8.GetBytes(segment?.Path ?? string.Empty), cancellationToken).ConfigureAwait(false);
            if (rank != 0 && Encoding.UTF8.GetString(names[0]) is { Length: > 0 } path)
            {
                segment = Attempt(() => SharedSegment.IsPath(path) ? SharedSegment.Open(path, layout.Bytes) : throw new IOException(path + " is not shared memory."), ref problem);
            }

            if (segment is not null && !segment.TryHold(rank))
            {
                problem = "rank " + rank + " is held by another process";
            }

            var problems = await meeting.ExchangeAsync(Encoding.UTF8.GetBytes(problem), cancellationToken).ConfigureAwait(false);
            if (Array.FindIndex(problems, static text => text.Length > 0) is var culprit and >= 0)
            {
                throw new RendezvousException(
                    RendezvousProblem.SharedMemory,
                    "The ranks cannot form a group: rank " + culprit + " cannot have the " + layout.Bytes + " bytes that they share: " + Encoding.UTF8.GetString(problems[culprit])
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
        foreach (var variant in kernels.Kernels.Variants)
        {
            text.Append(variant.KernelName).Append('\n');
        }

        text.Append(kernels.Device);
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
