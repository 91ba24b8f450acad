using QuickReduce.Tests.Shared;

namespace QuickReduce.Build.Tests;

/// <summary>
/// A folder laid out as ROCm installs itself, around the clang 22 of this machine: <c>bin/hipcc</c> does what AMD's does with
/// what the build asks of it, and says its version as AMD's does.
/// </summary>
internal sealed class RocmTree
{
    private readonly TemporaryFolder _folder;

    /// <param name="folder">Where.</param>
    /// <param name="root">The installation's folder.</param>
    /// <param name="hip">HIP's version.</param>
    /// <param name="clang">Version of AMD's clang.</param>
    /// <param name="unknown">Architectures that this version is too old for.</param>
    public RocmTree(TemporaryFolder folder, string root, string hip, string clang, params string[] unknown)
    {
        _folder = folder;
        Root = folder[root];
        string llvm = Path.Combine(root, "lib", "llvm", "bin");
        folder.WriteProgram(Path.Combine(llvm, "clang++"), $"""
            root='{Root}'
            echo "$0 $*" >> "$root/calls.log"
            case "$*" in
              *--version*)
                echo "AMD clang version {clang}git (https://github.com/RadeonOpenCompute/llvm-project roc-{hip} 24491 1e0fda770a2079fbd71e4b70974d74f62fd3af10)"
                echo "Target: x86_64-unknown-linux-gnu"
                echo "Thread model: posix"
                echo "InstalledDir: $root/lib/llvm/bin"
                echo "Configuration file: $root/lib/llvm/bin/clang++.cfg"
                exit 0;;
            {string.Concat(unknown.Select(name => $"  *--offload-arch={name}*) echo \"clang++: error: invalid target ID '{name}'; format is a processor name followed by an optional colon-delimited list of features followed by an enable/disable sign (e.g., 'gfx908:sramecc+:xnack-')\" >&2; exit 1;;\n"))}
            esac
            exec {SystemPrograms.Find("clang++-22")} "$@"
            """);
        Directory.CreateSymbolicLink(Path.Combine(Root, "llvm"), Path.Combine("lib", "llvm"));
        folder.Write(Path.Combine(root, ".info", "version"), hip + "-39\n");
        // As AMD's: the installation that the environment names, else its own; and its own spelling of "device code only".
        Hipcc = folder.WriteProgram(Path.Combine(root, "bin", "hipcc"), $$"""
            [ "$HIP_PLATFORM" = amd ] || { echo "hipcc: error: nvcc not found" >&2; exit 1; }
            here=$(cd "$(dirname "$0")/.." && pwd)
            clang="${ROCM_PATH:-$here}/llvm/bin/clang++"
            if [ "$1" = --version ]; then echo "HIP version: {{hip}}-1b9c17779"; exec "$clang" --version; fi
            n=$#
            while [ $n -gt 0 ]; do
              argument=$1; shift; n=$((n - 1))
              [ "$argument" = --genco ] && argument=--cuda-device-only
              set -- "$@" "$argument"
            done
            exec "$clang" -O3 "$@"
            """);
    }

    public string Root { get; }

    public string Hipcc { get; }

    public string Clang => Path.Combine(Root, "llvm", "bin", "clang++");

    /// <summary>Command lines of its clang.</summary>
    public string[] Calls => File.Exists(Path.Combine(Root, "calls.log")) ? File.ReadAllLines(Path.Combine(Root, "calls.log")) : [];

    public void RemoveHipcc() => File.Delete(_folder[Hipcc]);
}
