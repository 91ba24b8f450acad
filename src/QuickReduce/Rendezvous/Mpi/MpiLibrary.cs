using System.Runtime.InteropServices;

namespace QuickReduce.Rendezvous.Mpi;

/// <summary>
/// The Message Passing Interface of this machine, Open MPI or MPICH, bound at run time: QuickReduce neither ships nor needs
/// it, unless ranks are on several hosts. Kept for the process's life.
/// </summary>
/// <remarks>
/// The two differ in what handles are: addresses of the library's own objects in Open MPI, numbers of 32 bits in MPICH. Both
/// travel as native integers here; of those the processor passes the lower half where a number is expected. For one thread
/// at a time.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    private const string OpenMpiWorld = "ompi_mpi_comm_world";
    private const nint MpichWorld = 0x44000000;
    private const nint MpichByte = 0x4c00010d;
    private const int ThreadsSerialized = 2;

    private static readonly Lock Gate = new();
    private static MpiLibrary? _loaded;

    private readonly delegate* unmanaged<int*, int> _initialized;
    private readonly delegate* unmanaged<int*, int> _finalized;
    private readonly delegate* unmanaged<int*, byte***, int, int*, int> _initThread;
    private readonly delegate* unmanaged<int> _finalize;
    private readonly delegate* unmanaged<nint, int*, int> _commRank;
    private readonly delegate* unmanaged<nint, int*, int> _commSize;
    private readonly delegate* unmanaged<nint, int, int, nint*, int> _commSplit;
    private readonly delegate* unmanaged<nint*, int> _commFree;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int> _allgather;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int> _alltoall;
    private readonly nint _byte;

    private MpiLibrary(string path, nint handle)
    {
        Path = path;
        IsOpenMpi = NativeLibrary.TryGetExport(handle, OpenMpiWorld, out var world);
        World = IsOpenMpi ? world : MpichWorld;
        _byte = IsOpenMpi ? Function(handle, "ompi_mpi_byte") : MpichByte;
        _initialized = (delegate* unmanaged<int*, int>)Function(handle, "MPI_Initialized");
        _finalized = (delegate* unmanaged<int*, int>)Function(handle, "MPI_Finalized");
        _initThread = (delegate* unmanaged<int*, byte***, int, int*, int>)Function(handle, "MPI_Init_thread");
        _finalize = (delegate* unmanaged<int>)Function(handle, "MPI_Finalize");
        _commRank = (delegate* unmanaged<nint, int*, int>)Function(handle, "MPI_Comm_rank");
        _commSize = (delegate* unmanaged<nint, int*, int>)Function(handle, "MPI_Comm_size");
        _commSplit = (delegate* unmanaged<nint, int, int, nint*, int>)Function(handle, "MPI_Comm_split");
        _commFree = (delegate* unmanaged<nint*, int>)Function(handle, "MPI_Comm_free");
        _allgather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)Function(handle, "MPI_Allgather");
        _alltoall = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)Function(handle, "MPI_Alltoall");
    }

    /// <summary>The library's file, or the name under which it was found.</summary>
    public string Path { get; }

    /// <summary>Whether it is Open MPI; otherwise MPICH, or one with its binary interface.</summary>
    public bool IsOpenMpi { get; }

    /// <summary>All processes of the job.</summary>
    public nint World { get; }

    /// <summary>Finds the library and starts it, unless the process has done so already.</summary>
    /// <param name="path">Its file or name; null for <c>QUICKREDUCE_MPI_LIBRARY</c>, or what fits the launcher.</param>
    /// <exception cref="MpiException">There is none, or it does not start.</exception>
    public static MpiLibrary Start(string? path)
    {
        lock (Gate)
        {
            if (_loaded is null)
            {
                var library = Load(path ?? Environment.GetEnvironmentVariable("QUICKREDUCE_MPI_LIBRARY"));
                library.Initialize();
                _loaded = library;
            }

            return _loaded;
        }
    }

    /// <summary>This process's number in a communicator.</summary>
    public int RankIn(nint communicator)
    {
        int rank;
        Check(_commRank(communicator, &rank), "MPI_Comm_rank");
        return rank;
    }

    /// <summary>Number of processes in a communicator.</summary>
    public int SizeOf(nint communicator)
    {
        int size;
        Check(_commSize(communicator, &size), "MPI_Comm_size");
        return size;
    }

    /// <summary>Makes a communicator of all processes that pass the same colour, in the order of their keys.</summary>
    public nint Split(nint communicator, int color, int key)
    {
        nint part = 0;
        Check(_commSplit(communicator, color, key, &part), "MPI_Comm_split");
        return part;
    }

    /// <summary>Gives a communicator back; together with the others in it.</summary>
    public void Free(nint communicator) => Check(_commFree(&communicator), "MPI_Comm_free");

    /// <summary>Gives every process what every process sends, in the order of their numbers.</summary>
    /// <param name="communicator">The processes.</param>
    /// <param name="sent">What this one sends.</param>
    /// <param name="received">What all send.</param>
    /// <param name="bytes">Bytes that each sends.</param>
    public void Allgather(nint communicator, byte* sent, byte* received, int bytes) =>
        Check(_allgather(sent, bytes, _byte, received, bytes, _byte, communicator), "MPI_Allgather");

    /// <summary>Gives process i the i-th block of what every process sends.</summary>
    /// <param name="communicator">The processes.</param>
    /// <param name="sent">A block for each process.</param>
    /// <param name="received">A block of each process.</param>
    /// <param name="bytes">Bytes of a block.</param>
    public void Alltoall(nint communicator, byte* sent, byte* received, int bytes) =>
        Check(_alltoall(sent, bytes, _byte, received, bytes, _byte, communicator), "MPI_Alltoall");

    private static MpiLibrary Load(string? path)
    {
        List<string> lookedFor = [];
        foreach (var candidate in path is null ? Candidates() : [path])
        {
            if (TryLoadGlobally(candidate, out var handle) && NativeLibrary.TryGetExport(handle, "MPI_Init_thread", out _))
            {
                return new MpiLibrary(candidate, handle);
            }

            lookedFor.Add(candidate);
        }

        throw new MpiException("Ranks on several hosts need MPI, and it cannot be loaded. Looked for: " + string.Join(", ", lookedFor)
            + ". Install Open MPI (Debian: openmpi-bin) or MPICH (mpich) and start the ranks with its mpirun, or set QUICKREDUCE_MPI_LIBRARY to its libmpi.so.");
    }

    /// <summary>The launcher's own library first: another one would take every process for a job by itself.</summary>
    private static string[] Candidates()
    {
        string[] openMpi = ["libmpi.so.40", "libmpi.so.80"];
        string[] mpich = ["libmpich.so.12", "libmpi.so.12", "libmpich.so"];
        return Environment.GetEnvironmentVariable("PMI_RANK") is not null && Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_RANK") is null
            ? [.. mpich, .. openMpi, "libmpi.so"]
            : [.. openMpi, .. mpich, "libmpi.so"];
    }

    // Open MPI's plug-ins find its symbols only where these are global, which .NET's own loader does not make them.
    private static bool TryLoadGlobally(string library, out nint handle)
    {
        const int Now = 2, Global = 0x100;
        var open = (delegate* unmanaged<byte*, int, nint>)NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "dlopen");
        var name = Marshal.StringToCoTaskMemUTF8(library);
        handle = open((byte*)name, Now | Global);
        Marshal.FreeCoTaskMem(name);
        return handle != 0;
    }

    private nint Function(nint handle, string name) => NativeLibrary.TryGetExport(handle, name, out var address)
        ? address
        : throw new MpiException(Path + " does not export " + name + ": it is no MPI that QuickReduce knows. Install Open MPI or MPICH.");

    private void Initialize()
    {
        int isInitialized, provided;
        Check(_initialized(&isInitialized), "MPI_Initialized");
        if (isInitialized != 0)
        {
            return;
        }

        Check(_initThread(null, null, ThreadsSerialized, &provided), "MPI_Init_thread");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            int isFinalized;
            if (_finalized(&isFinalized) == 0 && isFinalized == 0)
            {
                _ = _finalize();
            }
        };
        if (provided < ThreadsSerialized)
        {
            throw new MpiException(Path + " can be used from one thread only, and .NET has several. Install an MPI with thread support.");
        }
    }

    private void Check(int result, string call)
    {
        if (result != 0)
        {
            throw new MpiException(call + " of " + Path + " failed with error " + result + ".");
        }
    }
}
