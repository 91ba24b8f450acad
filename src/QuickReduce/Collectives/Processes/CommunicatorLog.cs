using Microsoft.Extensions.Logging;

namespace QuickReduce.Collectives.Processes;

/// <summary>What a rank in a process of its own logs. Category <c>QuickReduce.Communicator</c>.</summary>
internal static partial class CommunicatorLog
{
    [LoggerMessage(1, LogLevel.Debug, "Rank {Rank} of {WorldSize} ({Launcher}) joins group {Group} of {Kernels}")]
    public static partial void Joining(ILogger logger, int rank, int worldSize, string launcher, string group, string kernels);

    [LoggerMessage(2, LogLevel.Information, "Rank {Rank} waits for ranks {Missing} of {WorldSize}")]
    public static partial void Waiting(ILogger logger, int rank, string missing, int worldSize);

    [LoggerMessage(3, LogLevel.Warning, "Rank {Rank} turned a connection away or was turned away, and goes on: {Reason}")]
    public static partial void ConnectionRefused(ILogger logger, int rank, string reason);

    [LoggerMessage(4, LogLevel.Information, "Rank {Rank} of {WorldSize} is in a group on {Device}, which took {Milliseconds} ms")]
    public static partial void Formed(ILogger logger, int rank, int worldSize, DeviceKind device, long milliseconds);

    [LoggerMessage(5, LogLevel.Error, "Rank {Rank} could not join")]
    public static partial void NotFormed(ILogger logger, int rank, Exception exception);

    [LoggerMessage(6, LogLevel.Error, "The group of rank {Rank} is over after {Calls} calls")]
    public static partial void Over(ILogger logger, int rank, ulong calls, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "A call of rank {Rank} was refused; the group goes on")]
    public static partial void CallRefused(ILogger logger, int rank, Exception exception);

    [LoggerMessage(8, LogLevel.Debug, "Rank {Rank} leaves after {Calls} calls")]
    public static partial void Leaving(ILogger logger, int rank, ulong calls);

    [LoggerMessage(9, LogLevel.Warning, "Rank {Rank} shares {Device} with {Others} other ranks: good for development, slow")]
    public static partial void SharesDevice(ILogger logger, int rank, GpuDevice device, int others);

    [LoggerMessage(10, LogLevel.Error, "The kernels of rank {Rank} could not be released")]
    public static partial void NotReleased(ILogger logger, int rank, Exception exception);
}
