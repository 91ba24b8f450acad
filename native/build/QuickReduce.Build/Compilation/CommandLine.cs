using System.Globalization;

namespace QuickReduce.Build;

/// <summary>The flags for each target. Those that look odd were each seen to matter; docs/build.md says why.</summary>
internal static class CommandLine
{
    /// <summary>
    /// No fused multiply-add behind the source's back: it is what makes the CPU, AMD and NVIDIA agree bit for bit.
    /// The message format is the one that needs no guessing where a path with colons ends.
    /// </summary>
    private static readonly string[] Common =
    [
        "-O3", "-std=c++17", "-ffp-contract=off", "-Wall",
        "-fdiagnostics-format=msvc", "-fdiagnostics-absolute-paths", "-fno-caret-diagnostics", "-fno-color-diagnostics",
    ];

    private static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    /// <summary>All flags but the names of input and output: what, with the compiler and the text, decides the result.</summary>
    public static IReadOnlyList<string> Flags(OffloadTarget target, ToolchainChoice toolchain, IEnumerable<string> userFlags) =>
        [.. TargetFlags(target, toolchain), .. Common, .. userFlags];

    /// <summary>The whole command line.</summary>
    public static IReadOnlyList<string> Arguments(IReadOnlyList<string> flags, string language, string source, string output) =>
        [.. flags, "-o", output, "-x", language, source];

    /// <summary>The language that the one source is read as.</summary>
    public static string Language(TargetKind kind) => kind switch
    {
        TargetKind.Amd => "hip",
        TargetKind.Nvidia => "cuda",
        _ => "c++",
    };

    /// <summary>
    /// Variables to start the compiler with. hipcc would look for nvcc on a machine with CUDA but no AMD GPU, and would take the
    /// clang of whatever installation ROCM_PATH names, also if it is itself of another one.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Environment(CompilerKind kind, string path)
    {
        if (kind != CompilerKind.Hipcc)
        {
            return NoEnvironment;
        }

        var variables = new Dictionary<string, string> { ["HIP_PLATFORM"] = "amd" };
        if (RocmInstallation.RootOf(path) is { } root)
        {
            variables["ROCM_PATH"] = root;
            variables["HIP_PATH"] = root;
        }

        return variables;
    }

    private static IEnumerable<string> TargetFlags(OffloadTarget target, ToolchainChoice toolchain) => target.Kind switch
    {
        // A raw code object, not a bundle: no bundler program is needed. Without a fixed cuid the object would hold
        // a hash of its path and no two machines would build the same bytes.
        TargetKind.Amd =>
        [
            toolchain.Compiler.Kind == CompilerKind.Hipcc ? "--genco" : "--cuda-device-only",
            "--offload-arch=" + target.Name, "--no-gpu-bundle-output", "-nogpuinc", "-nogpulib", "-fuse-cuid=none",
        ],
        TargetKind.Nvidia =>
        [
            "--cuda-device-only", "--cuda-gpu-arch=" + target.Name, "--cuda-feature=+" + PtxVersion(target.Name),
            "-nocudainc", "-nocudalib", "-S",
        ],
        _ => HostFlags(target.Name, toolchain.UseLld),
    };

    /// <summary>
    /// Without a CUDA installation clang assumes a PTX version that has no shuffles. 8.0 is what Hopper needs, and is
    /// read by every driver since CUDA 12.0; Blackwell (sm_100 and up) is not in it.
    /// </summary>
    private static string PtxVersion(string architecture)
    {
        string number = new([.. architecture.Skip("sm_".Length).TakeWhile(char.IsDigit)]);
        return int.Parse(number, CultureInfo.InvariantCulture) >= 100 ? "ptx88" : "ptx80";
    }

    private static List<string> HostFlags(string level, bool useLld)
    {
        bool arm = level.StartsWith("arm", StringComparison.Ordinal);
        List<string> flags = ["-march=" + level];
        if (level == "x86-64-v4")
        {
            // clang would otherwise keep to 256 bits.
            flags.Add("-mprefer-vector-width=512");
        }

        if (!arm)
        {
            // Every half precision result is rounded, as on the GPUs. ARM has such arithmetic itself and no such flag.
            flags.Add("-fexcess-precision=16");
        }

        flags.AddRange(["-ffreestanding", "-fno-exceptions", "-fno-rtti", "-fPIC", "-fvisibility=hidden", "-shared", "-nostdlib"]);
        if (useLld)
        {
            flags.Add("-fuse-ld=lld");
        }

        if (arm != HostMachine.IsArm)
        {
            flags.Add(arm ? "--target=aarch64-linux-gnu" : "--target=x86_64-linux-gnu");
        }

        return flags;
    }
}
