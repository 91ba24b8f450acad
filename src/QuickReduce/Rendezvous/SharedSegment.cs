using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using QuickReduce.Rendezvous.Linux;

namespace QuickReduce.Rendezvous;

/// <summary>
/// Memory that the ranks of a group on one host share, and how they know of each other's life: every rank holds a lock
/// on a byte of the file, which the kernel gives back when the process ends, killed or not.
/// </summary>
/// <remarks>
/// The file has a name only until all ranks have opened it. What a job that was killed within that time leaves behind
/// has no lock on it, and the next job removes it.
/// </remarks>
internal sealed unsafe class SharedSegment : IDisposable
{
    private const string Prefix = "quickreduce-";
    private const string SharedMemoryDirectory = "/dev/shm";

    // The creator's lock, beside the ranks' own: it has the file before any rank has opened it.
    private const long CreatorByte = KernelGeometry.MaxWorldSize;

    // A file is born a moment before it is locked.
    private static readonly TimeSpan YoungestToSweep = TimeSpan.FromSeconds(10);

    private static readonly string Home = Directory.Exists(SharedMemoryDirectory) ? SharedMemoryDirectory : System.IO.Path.GetTempPath().TrimEnd('/');

    private readonly SafeFileHandle _file;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _memory;

    private SharedSegment(string path, SafeFileHandle file, long bytes)
    {
        Path = path;
        _file = file;
        Bytes = bytes;
        _mapping = MemoryMappedFile.CreateFromFile(file, mapName: null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        _view = _mapping.CreateViewAccessor(0, bytes);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _memory);
    }

    /// <summary>Lets the memory of a segment that was not disposed go; the handles have finalisers of their own.</summary>
    ~SharedSegment() => Release();

    /// <summary>Where the file is, or was before <see cref="RemoveName"/>.</summary>
    public string Path { get; }

    /// <summary>Size of the memory.</summary>
    public long Bytes { get; }

    /// <summary>Start of the memory, aligned to a page.</summary>
    public byte* Memory => _memory;

    /// <summary>Creates zeroed memory that only this user can open.</summary>
    /// <param name="bytes">Size of the memory.</param>
    /// <param name="reserve">Whether all of it is reserved now; otherwise ranks do so for their parts (<see cref="Reserve"/>).</param>
    /// <exception cref="IOException">There is not enough shared memory.</exception>
    public static SharedSegment Create(long bytes, bool reserve = true)
    {
        Sweep();
        var path = System.IO.Path.Combine(Home, Prefix + LibC.EffectiveUser + "-" + Guid.NewGuid().ToString("N"));

        // Allocated now: memory that is lacking later would end the process at the first touch of it.
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            PreallocationSize = reserve ? bytes : 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(path, options))
        {
            stream.SetLength(bytes);
        }

        try
        {
            var segment = Open(path, bytes);
            LibC.TryLock(segment._file, CreatorByte);
            return segment;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Opens what another process has created.</summary>
    /// <exception cref="IOException">It is not there, or not the right size.</exception>
    public static SharedSegment Open(string path, long bytes)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            return RandomAccess.GetLength(file) == bytes
                ? new SharedSegment(path, file, bytes)
                : throw new IOException("Shared memory " + path + " has " + RandomAccess.GetLength(file) + " bytes, not " + bytes + ".");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a path could have come from <see cref="Create"/>, for this user.</summary>
    public static bool IsPath(string path) =>
        System.IO.Path.GetDirectoryName(path) == Home
        && System.IO.Path.GetFileName(path).StartsWith(Prefix + LibC.EffectiveUser + "-", StringComparison.Ordinal);

    /// <summary>Removes what killed jobs of this user have left behind.</summary>
    public static void Sweep()
    {
        foreach (var path in Directory.EnumerateFiles(Home, Prefix + LibC.EffectiveUser + "-*"))
        {
            try
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > YoungestToSweep && !LibC.IsLocked(file, 0, CreatorByte + 1))
                {
                    File.Delete(path);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile, or swept by another.
            }
        }
    }

    /// <summary>
    /// Reserves a part of the memory near this thread's processor: what is lacking would end the process at the first touch
    /// of it.
    /// </summary>
    /// <exception cref="IOException">There is not enough shared memory.</exception>
    public void Reserve(long start, long bytes)
    {
        if (LibC.Reserve(_file, start, bytes) is var error and not 0)
        {
            throw new IOException("shared memory cannot give them (error " + error + ").");
        }
    }

    /// <summary>Has the process's pages made now, all at once, and not one by one when they are first touched.</summary>
    public void MapNow() => LibC.MapNow(_memory, (nint)Bytes);

    /// <summary>Says that a rank lives, for as long as this object does.</summary>
    /// <returns>False if another holds that rank.</returns>
    public bool TryHold(int rank) => LibC.TryLock(_file, rank);

    /// <summary>Whether a rank's process is there and has not disposed its segment. Not for one's own rank.</summary>
    public bool IsHeld(int rank) => LibC.IsLocked(_file, rank, 1);

    /// <summary>Removes the file's name: the memory lasts until the last rank has closed it, and nothing is left behind.</summary>
    public void RemoveName() => File.Delete(Path);

    /// <summary>Unmaps the memory and lets go of the rank. No thread may be using it.</summary>
    public void Dispose()
    {
        Release();
        _view.Dispose();
        _mapping.Dispose();
        _file.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_memory != null)
        {
            _memory = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }
}
