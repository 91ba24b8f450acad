namespace QuickReduce;

/// <summary>What went wrong on a GPU.</summary>
public enum GpuProblem
{
    /// <summary>The vendor's driver library is not installed, or the operating system's loader refuses it.</summary>
    DriverMissing,

    /// <summary>The driver library lacks a function that is needed: it is older than QuickReduce supports.</summary>
    DriverTooOld,

    /// <summary>There is a driver, and no GPU that it drives, or fewer than were asked for.</summary>
    NoDevice,

    /// <summary>The device's memory is used up.</summary>
    OutOfMemory,

    /// <summary>The devices cannot access each other's memory.</summary>
    NoPeerAccess,

    /// <summary>
    /// The ranks' kernels cannot all be resident at the same time, and would wait for each other for ever. Refused before
    /// anything is launched.
    /// </summary>
    NotCoResident,

    /// <summary>A stream belongs to another device, or is shared by ranks that have to run at the same time.</summary>
    InvalidStream,

    /// <summary>Something was done that may not be done while a stream is being captured into a graph.</summary>
    InvalidDuringCapture,

    /// <summary>The device did not become idle in time, even after its kernels were told to stop waiting.</summary>
    DeviceBusy,

    /// <summary>
    /// A kernel crashed (an address that is not mapped, for example: freed memory) or the hardware failed. The process
    /// cannot use the device any more.
    /// </summary>
    DeviceLost,

    /// <summary>Any other error of the driver; <see cref="GpuException.ErrorCode"/> says which.</summary>
    DriverError,
}

/// <summary>A GPU, or its driver, cannot do what was asked of it. The message says what was tried and what to do.</summary>
public sealed class GpuException : QuickReduceException
{
    internal GpuException(GpuProblem problem, string message, int? errorCode = null, Exception? inner = null)
        : base(message, inner)
    {
        Problem = problem;
        ErrorCode = errorCode;
    }

    /// <summary>What is wrong.</summary>
    public GpuProblem Problem { get; }

    /// <summary>The driver's own number for the error (a <c>CUresult</c> or a <c>hipError_t</c>); null where it was not the driver that found it.</summary>
    public int? ErrorCode { get; }
}
