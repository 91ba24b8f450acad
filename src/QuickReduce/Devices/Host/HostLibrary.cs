using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Devices.Host;

/// <summary>
/// The shared library of one translation unit: generated kernels that the build compiled for this processor. Loaded
/// once per file and process, and kept. Thread-safe.
/// </summary>
internal sealed class HostLibrary
{
    private const uint AbiVersion = 3;
    private const int SourceIdLength = 16;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, HostLibrary> Loaded = new(StringComparer.Ordinal);

    private readonly nint _handle;
    private readonly string _sourceId;

    private HostLibrary(string path, nint handle, string sourceId)
    {
        Path = path;
        _handle = handle;
        _sourceId = sourceId;
    }

    /// <summary>The library's file.</summary>
    public string Path { get; }

    /// <summary>Finds, verifies and loads the library that holds a variant of a kernel set.</summary>
    /// <exception cref="NativeLibraryException">There is none, or it cannot be used.</exception>
    public static HostLibrary Load(string directory, KernelSet kernels, KernelVariant variant) => Load(
        directory,
        kernels.UnitOf(variant) ?? throw new NativeLibraryException(
            NativeLibraryProblem.Missing,
            null,
            kernels.Name + " has no translation unit for " + variant + ", so no native library can be built for it. Use DeviceKind.Managed."),
        LibraryUse.OfAllReduce(variant.ToString()));

    /// <summary>Finds, verifies and loads a unit's library.</summary>
    /// <param name="directory">The application's directory; libraries lie under <c>quickreduce/host/LEVEL</c> in it.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="use">What needs it, for messages.</param>
    /// <exception cref="NativeLibraryException">There is none, or it cannot be used.</exception>
    public static HostLibrary Load(string directory, KernelUnit unit, LibraryUse use)
    {
        var path = Find(directory, unit, use);
        lock (Gate)
        {
            if (!Loaded.TryGetValue(path, out var library))
            {
                VerifyChecksum(path, use);
                library = Open(path, use);
                try
                {
                    library.RequireSource(unit, use);
                }
                catch (NativeLibraryException)
                {
                    // So that a rebuilt library can take its place without restarting the process.
                    NativeLibrary.Free(library._handle);
                    throw;
                }

                Loaded.Add(path, library);
            }

            library.RequireSource(unit, use);
            return library;
        }
    }

    /// <summary>Address of an entry point.</summary>
    /// <exception cref="NativeLibraryException">The library does not export it.</exception>
    public nint EntryPoint(string name, LibraryUse use) =>
        NativeLibrary.TryGetExport(_handle, name, out var address)
            ? address
            : throw Failure(NativeLibraryProblem.NotLoadable, Path, use, "It does not export " + name + ".");

    /// <summary>The exception for a platform without native kernels.</summary>
    public static NativeLibraryException Unsupported(LibraryUse use) => new(
        NativeLibraryProblem.UnsupportedPlatform,
        null,
        use.Kernel + ": kernels on this processor need Linux on x86-64 with AVX2, FMA, BMI and F16C, and this machine is "
            + RuntimeInformation.OSDescription + " on " + RuntimeInformation.ProcessArchitecture + ". Use such a machine" + use.Alternative + ".");

    private static string Find(string directory, KernelUnit unit, LibraryUse use)
    {
        var candidates = new List<string>(2);
        foreach (var level in HostInstructionLevel.Supported)
        {
            var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(directory, "quickreduce", "host", level, unit.Name + ".so"));
            if (File.Exists(path))
            {
                return path;
            }

            candidates.Add(path);
        }

        if (candidates.Count == 0)
        {
            throw Unsupported(use);
        }

        throw Failure(NativeLibraryProblem.Missing, candidates[0], use, "There is no such file (looked for: " + string.Join(", ", candidates) + ").");
    }

    /// <summary>
    /// Compares with the checksum that the build wrote beside the library. Done before loading: the loader maps a
    /// truncated file without complaint, and touching its missing pages kills the process.
    /// </summary>
    private static void VerifyChecksum(string path, LibraryUse use)
    {
        var checksumPath = path + ".sha256";
        try
        {
            if (!File.Exists(checksumPath))
            {
                throw Failure(NativeLibraryProblem.Corrupt, path, use, "Its checksum, " + checksumPath + ", is missing.");
            }

            var expected = File.ReadAllText(checksumPath).AsSpan().TrimStart();
            var end = expected.IndexOfAny(" \t\r\n");
            expected = end < 0 ? expected : expected[..end];
            using var stream = File.OpenRead(path);
            var actual = Convert.ToHexString(SHA256.HashData(stream));
            if (!expected.Equals(actual, StringComparison.OrdinalIgnoreCase))
            {
                throw Failure(NativeLibraryProblem.Corrupt, path, use, "Its checksum is not the one in " + checksumPath + ": it is truncated or was changed.");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure(NativeLibraryProblem.NotLoadable, path, use, "It cannot be read: " + exception.Message, exception);
        }
    }

    private static unsafe HostLibrary Open(string path, LibraryUse use)
    {
        nint handle;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw Failure(NativeLibraryProblem.NotLoadable, path, use, exception.Message, exception);
        }

        try
        {
            if (!NativeLibrary.TryGetExport(handle, "quickreduce_abi_version", out var version)
                || !NativeLibrary.TryGetExport(handle, "quickreduce_source_id", out var sourceId))
            {
                throw Failure(NativeLibraryProblem.NotLoadable, path, use, "It exports no quickreduce_abi_version or no quickreduce_source_id.");
            }

            if (*(uint*)version != AbiVersion)
            {
                throw Failure(NativeLibraryProblem.WrongAbi, path, use, "Its interface has version " + *(uint*)version + ", and this QuickReduce needs " + AbiVersion + ".");
            }

            return new HostLibrary(path, handle, Encoding.Latin1.GetString((byte*)sourceId, SourceIdLength));
        }
        catch (NativeLibraryException)
        {
            NativeLibrary.Free(handle);
            throw;
        }
    }

    private void RequireSource(KernelUnit unit, LibraryUse use)
    {
        if (!string.Equals(_sourceId, unit.SourceId, StringComparison.Ordinal))
        {
            throw Failure(NativeLibraryProblem.Stale, Path, use, "It was compiled from source " + _sourceId + ", and the application has source " + unit.SourceId + ".");
        }
    }

    private static NativeLibraryException Failure(NativeLibraryProblem problem, string path, LibraryUse use, string what, Exception? inner = null) =>
        new(problem, path, "The native library of " + use.Kernel + ", " + path + ", cannot be used. " + what + " " + use.Remedy, inner);
}
