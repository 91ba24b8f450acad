using System.Globalization;

namespace QuickReduce.Rendezvous.Linux;

/// <summary>
/// A process of this machine, told from a later one with the same number. Lies in memory that processes share.
/// </summary>
/// <remarks>
/// The kernel gives back a process's locks and files only after its memory, which takes time where that is a GPU's or large.
/// That its threads are ending shows at once, in <c>/proc/[pid]/task/[tid]/stat</c>
/// (<c>man 5 proc_pid_stat</c>, fields 9 and 22).
/// </remarks>
/// <param name="Id">Its number; 0 for none.</param>
/// <param name="StartTime">When it started, in ticks of the kernel since the machine did.</param>
internal readonly record struct ProcessIdentity(long Id, long StartTime)
{
    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId);

    /// <summary>A process that is there; none where it cannot be seen.</summary>
    public static ProcessIdentity Of(int id) =>
        LibC.IsSupported && ThreadStatus.TryRead(id, id, out var status) ? new ProcessIdentity(id, status.StartTime) : default;

    /// <summary>
    /// Whether all threads of the process are ending, so that it runs no program any more. False too where it has ended
    /// altogether or cannot be seen from here, as from another container. Allocates nothing while the process lives.
    /// </summary>
    public bool IsEnding()
    {
        // The first thread may end alone, in a program that wants it so.
        return Id != 0
            && ThreadStatus.TryRead(Id, Id, out var first)
            && first.StartTime == StartTime
            && first.IsEnding
            && AllThreadsAreEnding();
    }

    private bool AllThreadsAreEnding()
    {
        try
        {
            foreach (var folder in Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/task")))
            {
                // One that cannot be read has ended meanwhile.
                var thread = long.Parse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture);
                if (ThreadStatus.TryRead(Id, thread, out var status) && !status.IsEnding)
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private readonly record struct ThreadStatus(bool IsEnding, long StartTime)
    {
        // PF_EXITING of the kernel's include/linux/sched.h.
        private const long Exiting = 0x4;

        private const int NameField = 2;
        private const int FlagsField = 9;
        private const int StartTimeField = 22;
        private const int MaxBytes = 1024;
        private const int MaxPathBytes = 64;

        public static bool TryRead(long process, long thread, out ThreadStatus status)
        {
            status = default;
            Span<byte> path = stackalloc byte[MaxPathBytes];
            var rest = path;
            Append(ref rest, "/proc/"u8);
            Append(ref rest, process);
            Append(ref rest, "/task/"u8);
            Append(ref rest, thread);
            Append(ref rest, "/stat\0"u8);

            Span<byte> text = stackalloc byte[MaxBytes];
            text = text[..LibC.ReadStart(path, text)];

            // The name, in parentheses, may hold anything, blanks and parentheses too.
            text = text[(text.LastIndexOf((byte)')') + 1)..];
            if (!TryField(text, FlagsField, out var flags) || !TryField(text, StartTimeField, out var startTime))
            {
                return false;
            }

            status = new ThreadStatus((flags & Exiting) != 0, startTime);
            return true;
        }

        private static void Append(ref Span<byte> rest, ReadOnlySpan<byte> text)
        {
            text.CopyTo(rest);
            rest = rest[text.Length..];
        }

        private static void Append(ref Span<byte> rest, long number)
        {
            _ = number.TryFormat(rest, out var bytes, default, CultureInfo.InvariantCulture);
            rest = rest[bytes..];
        }

        private static bool TryField(ReadOnlySpan<byte> textAfterName, int number, out long value)
        {
            value = 0;

            // Before the first blank there is nothing, in the name's place.
            for (var field = NameField; field < number; field++)
            {
                var blank = textAfterName.IndexOf((byte)' ');
                if (blank < 0)
                {
                    return false;
                }

                textAfterName = textAfterName[(blank + 1)..];
            }

            var end = textAfterName.IndexOf((byte)' ');
            return long.TryParse(end < 0 ? textAfterName : textAfterName[..end], NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }
    }
}
