using System.Runtime.InteropServices;

namespace QuickReduce.Rendezvous.Linux;

/// <summary>The few calls of Linux that .NET has no name for. 64-bit Linux only (<see cref="IsSupported"/>).</summary>
internal static unsafe partial class LibC
{
    private const int FutexWait = 0;
    private const int FutexWake = 1;
    private const int SetDescriptionLock = 37; // F_OFD_SETLK
    private const int GetDescriptionLock = 36; // F_OFD_GETLK
    private const short WriteLock = 1;
    private const short Unlocked = 2;

    private static readonly long FutexNumber = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 202 : 98;
    private static readonly long GetAffinityNumber = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 204 : 123;

    /// <summary>Whether this platform has these calls, with the layouts that are written here.</summary>
    public static bool IsSupported { get; } =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Number of the user that the process acts as.</summary>
    public static uint EffectiveUser => GetEffectiveUser();

    /// <summary>
    /// Sleeps until another thread, of any process, wakes those who wait on the word; not at all where it does not hold
    /// <paramref name="expected"/>, and never longer than the limit. May also return for no reason.
    /// </summary>
    public static void WaitOn(uint* word, uint expected, TimeSpan limit)
    {
        var time = new TimeSpec { Seconds = limit.Ticks / TimeSpan.TicksPerSecond, Nanoseconds = limit.Ticks % TimeSpan.TicksPerSecond * 100 };
        SystemCall(FutexNumber, word, FutexWait, expected, &time, null, 0);
    }

    /// <summary>Wakes everyone who sleeps on the word, in any process that maps it.</summary>
    public static void WakeAll(uint* word) => SystemCall(FutexNumber, word, FutexWake, int.MaxValue, null, null, 0);

    /// <summary>Reads which processors the calling thread may run on, a bit for each; nothing where the kernel knows of more than fit.</summary>
    public static void ReadAffinity(byte* mask, int bytes) => SystemCall(GetAffinityNumber, null, bytes, (ulong)mask, null, null, 0);

    /// <summary>
    /// Locks one byte of a file for as long as this opening of it lasts: the kernel gives the lock back when the process
    /// ends, however it ends. False where another opening of the file, here or in another process, has it locked.
    /// </summary>
    public static bool TryLock(SafeHandle file, long position)
    {
        var range = new FileRange { Type = WriteLock, Start = position, Length = 1 };
        return Control(file, SetDescriptionLock, &range) == 0;
    }

    /// <summary>Whether another opening of the file has any of these bytes locked.</summary>
    public static bool IsLocked(SafeHandle file, long position, long length)
    {
        var range = new FileRange { Type = WriteLock, Start = position, Length = length };
        return Control(file, GetDescriptionLock, &range) == 0 && range.Type != Unlocked;
    }

    /// <summary>Gives a part of a file its memory now, where its file system can. 0, or the number of the error.</summary>
    public static int Reserve(SafeHandle file, long start, long bytes)
    {
        const int Interrupted = 4;
        const int NotSupported = 95;
        int error;
        do
        {
            error = Allocate(file, start, bytes);
        }
        while (error == Interrupted);
        return error == NotSupported ? 0 : error;
    }

    /// <summary>
    /// Has the pages of a mapping made now instead of at the first touch of each. Kernels before 5.14 cannot, and then it is
    /// at the first touch.
    /// </summary>
    public static void MapNow(byte* memory, nint bytes)
    {
        const int PopulateForWriting = 23; // MADV_POPULATE_WRITE
        _ = Advise(memory, bytes, PopulateForWriting);
    }

    /// <summary>Number of the user that owns a file or directory, links not followed; null where there is none.</summary>
    public static uint? OwnerOf(string path)
    {
        const int CurrentDirectory = -100;
        const int NoFollow = 0x100;
        const uint OwnerField = 0x8;
        var status = default(FileStatus);
        return GetStatus(CurrentDirectory, path, NoFollow, OwnerField, &status) == 0 ? status.User : null;
    }

    /// <summary>Reads the start of a file, such as <c>/proc</c> has them, and allocates nothing.</summary>
    /// <param name="path">Its path, which ends with a zero.</param>
    /// <param name="text">Receives what is there, as far as it has room.</param>
    /// <returns>Bytes that were read; 0 where the file cannot be read.</returns>
    public static int ReadStart(ReadOnlySpan<byte> path, Span<byte> text)
    {
        const int ReadOnlyCloseOnExecute = 0x80000;
        fixed (byte* name = path, destination = text)
        {
            var file = Open(name, ReadOnlyCloseOnExecute);
            if (file < 0)
            {
                return 0;
            }

            var bytes = Read(file, destination, text.Length);
            _ = Close(file);
            return (int)nint.Max(bytes, 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "open")]
    private static partial int Open(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int file, byte* text, nint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetStatus(int directory, string path, int flags, uint fields, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, uint* word, long operation, ulong value, TimeSpec* time, uint* word2, ulong value3);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeHandle file, int command, FileRange* range);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int Allocate(SafeHandle file, long start, long bytes);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* memory, nint bytes, int advice);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    // The kernel's struct statx, the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(20)]
        public uint User;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FileRange
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
