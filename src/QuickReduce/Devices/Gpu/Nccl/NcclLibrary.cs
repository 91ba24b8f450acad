using System.Globalization;
using System.Runtime.InteropServices;
using QuickReduce.Devices.Gpu.Hip;

namespace QuickReduce.Devices.Gpu.Nccl;

/// <summary>
/// The vendor's collectives library, NCCL or RCCL, bound at run time: QuickReduce neither ships nor needs it, unless GPU
/// ranks are on several hosts. Kept for the process's life. Thread-safe.
/// </summary>
/// <remarks>Both have one interface. The functions are those of NCCL 2.10 (2021), which has bfloat16, and later.</remarks>
internal sealed unsafe class NcclLibrary
{
    /// <summary>Bytes of an id.</summary>
    public const int IdBytes = 128;

    private const string PathVariable = "QUICKREDUCE_NCCL_LIBRARY";
    private const int OldestVersion = 21000;
    private const int Sum = 0;
    private const int Success = 0;
    private const int InProgress = 7;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<(DeviceKind Kind, string? Path), NcclLibrary> Loaded = [];

    private readonly delegate* unmanaged<int, byte*> _getErrorString;
    private readonly delegate* unmanaged<nint, byte*> _getLastError;
    private readonly delegate* unmanaged<NcclId*, int> _getUniqueId;
    private readonly delegate* unmanaged<nint*, int, NcclId, int, int> _commInitRank;
    private readonly delegate* unmanaged<nint, int> _commDestroy;
    private readonly delegate* unmanaged<nint, int> _commAbort;
    private readonly delegate* unmanaged<nint, int*, int> _commGetAsyncError;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> _allReduce;

    private NcclLibrary(string path, nint handle)
    {
        Path = path;
        int version;
        _getErrorString = (delegate* unmanaged<int, byte*>)Function(handle, "ncclGetErrorString");
        _getLastError = NativeLibrary.TryGetExport(handle, "ncclGetLastError", out var lastError) ? (delegate* unmanaged<nint, byte*>)lastError : null;
        Check(((delegate* unmanaged<int*, int>)Function(handle, "ncclGetVersion"))(&version), "ncclGetVersion");
        Version = version;
        if (version < OldestVersion)
        {
            throw new NcclException(path + " is version " + VersionText + ", and 2.10 or later is needed.");
        }

        _getUniqueId = (delegate* unmanaged<NcclId*, int>)Function(handle, "ncclGetUniqueId");
        _commInitRank = (delegate* unmanaged<nint*, int, NcclId, int, int>)Function(handle, "ncclCommInitRank");
        _commDestroy = (delegate* unmanaged<nint, int>)Function(handle, "ncclCommDestroy");
        _commAbort = (delegate* unmanaged<nint, int>)Function(handle, "ncclCommAbort");
        _commGetAsyncError = (delegate* unmanaged<nint, int*, int>)Function(handle, "ncclCommGetAsyncError");
        _allReduce = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)Function(handle, "ncclAllReduce");
    }

    /// <summary>The library's file, or the name under which it was found.</summary>
    public string Path { get; }

    /// <summary>Its version as it tells it: 22803 for 2.28.3.</summary>
    public int Version { get; }

    /// <summary>For messages: <c>2.28.3</c>.</summary>
    public string VersionText => string.Create(CultureInfo.InvariantCulture, $"{Version / 10000}.{Version / 100 % 100}.{Version % 100}");

    /// <summary>Finds the library that goes with a kind of device.</summary>
    /// <param name="kind">NVIDIA's or AMD's.</param>
    /// <param name="path">Its file or name; null for <c>QUICKREDUCE_NCCL_LIBRARY</c>, or the usual ones.</param>
    /// <exception cref="NcclException">There is none, or it is too old.</exception>
    public static NcclLibrary Load(DeviceKind kind, string? path)
    {
        path ??= Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named ? named : null;
        lock (Gate)
        {
            if (!Loaded.TryGetValue((kind, path), out var library))
            {
                Loaded.Add((kind, path), library = Find(kind, path));
            }

            return library;
        }
    }

    /// <summary>An id by which the ranks of one communicator find each other.</summary>
    public byte[] CreateId()
    {
        NcclId id;
        Check(_getUniqueId(&id), "ncclGetUniqueId");
        return new ReadOnlySpan<byte>(&id, IdBytes).ToArray();
    }

    /// <summary>Joins a communicator on the calling thread's current device. Blocks until all its ranks have done so.</summary>
    public nint Join(ReadOnlySpan<byte> id, int rank, int count)
    {
        nint communicator = 0;
        Check(_commInitRank(&communicator, count, MemoryMarshal.Read<NcclId>(id), rank), "ncclCommInitRank");
        return communicator;
    }

    /// <summary>Leaves a communicator whose work is done.</summary>
    public void Destroy(nint communicator) => _ = _commDestroy(communicator);

    /// <summary>Leaves a communicator and ends its work, whatever has become of the other ranks.</summary>
    public void Abort(nint communicator) => _ = _commAbort(communicator);

    /// <summary>What has gone wrong since the last time; null where nothing has.</summary>
    public NcclException? AsyncError(nint communicator)
    {
        int error;
        var result = _commGetAsyncError(communicator, &error);
        return result != Success ? Failure(result, "ncclCommGetAsyncError", communicator)
            : error is Success or InProgress ? null
            : Failure(error, "A collective", communicator);
    }

    /// <summary>Enqueues a sum of what all ranks of a communicator have.</summary>
    public void AllReduce(nint communicator, DataType type, nint input, nint output, long count, nint stream)
    {
        const int Float16 = 6, Float32 = 7, BFloat16 = 9;
        var number = type switch { DataType.Float16 => Float16, DataType.BFloat16 => BFloat16, _ => Float32 };
        var result = _allReduce(input, output, (nuint)count, number, Sum, communicator, stream);
        if (result != Success)
        {
            throw Failure(result, "ncclAllReduce", communicator);
        }
    }

    private static NcclLibrary Find(DeviceKind kind, string? path)
    {
        var candidates = path is not null ? [path] : kind == DeviceKind.Hip ? RocmLibraries.Candidates("rccl").Prepend("librccl.so.1").ToArray() : ["libnccl.so.2"];
        foreach (var candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out var handle))
            {
                return new NcclLibrary(candidate, handle);
            }
        }

        throw new NcclException("GPU ranks on several hosts need " + (kind == DeviceKind.Hip ? "RCCL" : "NCCL") + ", and it cannot be loaded. Looked for: " + string.Join(", ", candidates) + ". "
            + (kind == DeviceKind.Hip ? "Install RCCL (package rccl of ROCm)" : "Install NCCL (package libnccl2 of NVIDIA; PyTorch brings nvidia/nccl/lib/libnccl.so.2)")
            + ", or set " + PathVariable + " to its file (MultiHostOptions.Library).");
    }

    private nint Function(nint handle, string name) => NativeLibrary.TryGetExport(handle, name, out var address)
        ? address
        : throw new NcclException(Path + " does not export " + name + ": it is neither NCCL nor RCCL. Set " + PathVariable + " to one of these.");

    private void Check(int result, string call)
    {
        if (result != Success)
        {
            throw Failure(result, call, 0);
        }
    }

    private NcclException Failure(int result, string call, nint communicator)
    {
        var last = _getLastError is null ? null : Marshal.PtrToStringUTF8((nint)_getLastError(communicator));
        return new NcclException(
            call + " of " + Path + " failed: " + Marshal.PtrToStringUTF8((nint)_getErrorString(result)) + " (" + result.ToString(CultureInfo.InvariantCulture) + ")"
                + (string.IsNullOrWhiteSpace(last) ? string.Empty : ": " + last.Trim()) + ". NCCL_DEBUG=WARN makes it say more.",
            result);
    }

    /// <summary>An <c>ncclUniqueId</c>, which travels by value.</summary>
    private struct NcclId
    {
#pragma warning disable CS0649 // Only the library knows what is in it.
        public fixed byte Bytes[IdBytes];
#pragma warning restore CS0649
    }
}
