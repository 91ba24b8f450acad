using System.Runtime.InteropServices;

namespace QuickReduce.Cli.Launch;

/// <summary>The calls of Linux that starting and ending ranks needs and .NET has no name for.</summary>
internal static unsafe partial class LibC
{
    public const int InterruptedCall = 4; // EINTR

    public const int NoSuchFile = 2; // ENOENT

    private const int TryAgain = 11; // EAGAIN

    public const int CloseOnExec = 0x80000; // O_CLOEXEC

    public const short DefaultSignals = 0x04; // POSIX_SPAWN_SETSIGDEF
    public const short SignalMask = 0x08; // POSIX_SPAWN_SETSIGMASK
    public const short NewSession = 0x80; // POSIX_SPAWN_SETSID

    public const int OneProcess = 1; // P_PID
    public const int Ended = 4; // WEXITED
    public const int LeaveWaitable = 0x0100_0000; // WNOWAIT
    public const int Exited = 1; // CLD_EXITED

    /// <summary>
    /// Writes to standard output (1) or error (2). .NET's own streams for these do not tell when nobody reads them any
    /// longer, and its file streams write where they think that a file ends.
    /// </summary>
    /// <exception cref="IOException">They cannot be written to.</exception>
    public static void WriteAll(int descriptor, ReadOnlyMemory<byte> bytes)
    {
        using var pin = bytes.Pin();
        for (var done = 0; done < bytes.Length;)
        {
            var written = Write(descriptor, (byte*)pin.Pointer + done, bytes.Length - done);
            if (written >= 0)
            {
                done += (int)written;
            }
            else if (Marshal.GetLastPInvokeError() == TryAgain)
            {
                Thread.Sleep(1); // somebody has made it non-blocking, and the reader is slow
            }
            else if (Marshal.GetLastPInvokeError() != InterruptedCall)
            {
                throw new IOException(Marshal.GetLastPInvokeErrorMessage());
            }
        }
    }

    /// <summary>More than any of the C library's structures that are passed here by address.</summary>
    public const int StructureBytes = 1024;

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    public static partial int WaitId(int kind, int process, ChildInformation* information, int options);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int process, int* status, int options);

    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    public static partial int Spawn(int* process, byte* file, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int InitializeAttributes(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int DestroyAttributes(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SetDefaultSignals(void* attributes, void* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SetSignalMask(void* attributes, void* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitializeActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(void* actions, int file, int target);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static partial int AllSignals(void* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int NoSignals(void* signals);

    /// <summary>The kernel's <c>siginfo_t</c>, as it tells of a child on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct ChildInformation
    {
        /// <summary>Why it ended.</summary>
        [FieldOffset(8)]
        public int Code;

        /// <summary>Its exit code, or the signal's number.</summary>
        [FieldOffset(24)]
        public int Status;
    }
}
