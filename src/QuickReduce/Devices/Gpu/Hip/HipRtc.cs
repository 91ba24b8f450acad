using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Devices.Gpu.Hip;

/// <summary>
/// AMD's compiler as a library of ROCm. Kernels need no header, so nothing but the library has to be installed. Thread-safe:
/// one unit is compiled at a time.
/// </summary>
internal sealed unsafe class HipRtc : RuntimeCompiler
{
    /// <summary>Path of the library to use, or <c>off</c>.</summary>
    public const string Variable = "QUICKREDUCE_HIPRTC";

    private const string Off = "off";
    private const string LibraryFile = "libhiprtc.so";
    private const string OneFunction = "hiprtcVersion";

    // How clang of one version or another says that it does not know an architecture.
    private static readonly string[] UnknownArchitecture = ["target ID", "gpu architecture", "target CPU", "unsupported gpu"];

    private readonly Lock _gate = new();
    private readonly HipRtcFunctions _functions;

    private HipRtc(DriverLibrary library)
    {
        _functions = new HipRtcFunctions(library);
        int major, minor;
        Version = _functions.Version(&major, &minor) == 0 ? string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}") : "?";
        Path = library.PathOf(OneFunction);
        Name = "hipRTC " + Version + " (" + Path + ")";
        Identity = Name + " " + Fingerprint(Path);
    }

    public override string Name { get; }

    public override string Identity { get; }

    /// <summary>What it calls its version; not ROCm's.</summary>
    public string Version { get; }

    /// <summary>Its library.</summary>
    public string Path { get; }

    /// <summary>Loads the first of several libraries that there is.</summary>
    /// <param name="libraries">Names or paths, best first; none where it is turned off.</param>
    /// <param name="compiler">The compiler; null where there is none.</param>
    /// <param name="reason">Why there is none.</param>
    public static bool TryLoad(IReadOnlyList<string> libraries, out HipRtc? compiler, out string reason)
    {
        compiler = null;
        reason = "hipRTC is turned off (" + Variable + ")";
        if (libraries.Count == 0)
        {
            return false;
        }

        try
        {
            compiler = new HipRtc(DriverLibrary.Load("hipRTC", libraries, "Install it (ROCm's package hip-runtime-amd has it), or set " + Variable + " to the path of its library."));
            reason = string.Empty;
            return true;
        }
        catch (GpuException exception)
        {
            reason = exception.Message.TrimEnd('.');
            return false;
        }
    }

    /// <summary>
    /// The usual names and paths: what the environment says; beside the HIP run time, so that both are of one version; where ROCm
    /// is installed; and the run time itself, which had hipRTC in it once.
    /// </summary>
    /// <param name="runtime">Path of the HIP run time's library; empty where there is none.</param>
    public static IReadOnlyList<string> CandidatesBeside(string runtime)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen)
        {
            return chosen.Equals(Off, StringComparison.OrdinalIgnoreCase) ? [] : [chosen];
        }

        var beside = System.IO.Path.GetDirectoryName(runtime) is { Length: > 0 } folder ? RocmLibraries.In(folder, LibraryFile) : [];
        return [.. beside, .. RocmLibraries.Candidates("hiprtc"), .. runtime.Length > 0 ? [runtime] : Array.Empty<string>()];
    }

    // The language and arithmetic of the native build's flags. That no header is needed it knows: it has none but its own.
    public override IReadOnlyList<string> Options(string architecture) => ["--offload-arch=" + architecture, "-O3", "-std=c++17", "-ffp-contract=off"];

    public override byte[] Compile(string unit, string text, string architecture)
    {
        lock (_gate)
        {
            nint program = 0;
            var options = Options(architecture).Select(static option => Marshal.StringToCoTaskMemUTF8(option)).ToArray();
            try
            {
                int result;
                fixed (byte* source = Encoding.UTF8.GetBytes(text + '\0'), file = Encoding.UTF8.GetBytes(unit + ".hip\0"))
                {
                    result = _functions.CreateProgram(&program, source, file, 0, null, null);
                }

                if (result == 0)
                {
                    fixed (nint* pointers = options)
                    {
                        result = _functions.CompileProgram(program, options.Length, (byte**)pointers);
                    }
                }

                return result == 0 && Code(program, ref result) is { } code ? code : throw Failure(unit, architecture, result, Log(program));
            }
            finally
            {
                if (program != 0)
                {
                    _ = _functions.DestroyProgram(&program);
                }

                Array.ForEach(options, Marshal.FreeCoTaskMem);
            }
        }
    }

    private byte[]? Code(nint program, ref int result)
    {
        nuint bytes;
        result = _functions.GetCodeSize(program, &bytes);
        if (result != 0 || bytes == 0)
        {
            return null;
        }

        var code = new byte[bytes];
        fixed (byte* start = code)
        {
            result = _functions.GetCode(program, start);
        }

        return result == 0 ? code : null;
    }

    private string Log(nint program)
    {
        nuint bytes;
        if (program == 0 || _functions.GetProgramLogSize(program, &bytes) != 0 || bytes <= 1)
        {
            return string.Empty;
        }

        var log = new byte[bytes];
        fixed (byte* start = log)
        {
            return _functions.GetProgramLog(program, start) == 0 ? Encoding.UTF8.GetString(log).TrimEnd('\0', '\n', ' ') : string.Empty;
        }
    }

    private KernelCompilationException Failure(string unit, string architecture, int result, string log)
    {
        var text = Marshal.PtrToStringUTF8((nint)_functions.GetErrorString(result));
        var isUnknown = UnknownArchitecture.Any(phrase => log.Contains(phrase, StringComparison.OrdinalIgnoreCase));
        return new KernelCompilationException(
            unit,
            architecture,
            Name,
            log,
            Name + " does not compile " + unit + " for " + architecture + ": " + text + ". " + (log.Length > 0 ? "It says: " + log + " " : "It says nothing more. ")
                + (isUnknown ? "It is older than this architecture: install a ROCm that supports it, or rebuild" : "Rebuild")
                + " the application with " + architecture.Split(':')[0] + " in QuickReduceOffloadArchs.");
    }

    /// <summary>Another compiler is another file: the library's, or that of the code object manager, which has the compiler proper.</summary>
    private static string Fingerprint(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(path);
        var files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "libamd_comgr.so*").Order(StringComparer.Ordinal).Prepend(path) : [path];
        var text = new StringBuilder();
        foreach (var file in files)
        {
            var information = new FileInfo(file);
            var target = information.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? information;
            text.Append(CultureInfo.InvariantCulture, $"{target.FullName} {(target.Exists ? target.Length : 0)} {target.LastWriteTimeUtc.Ticks}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
