namespace QuickReduce.Build.Tests;

/// <summary>A shell script that answers as clang++ does, logs its calls and leaves files that look like code.</summary>
internal sealed class FakeCompiler
{
    private readonly TemporaryFolder _folder;
    private readonly string _relativeFolder;

    public FakeCompiler(TemporaryFolder folder, string name = "clang++-22", string version = "clang version 22.1.8", string relativeFolder = "fake")
    {
        _folder = folder;
        _relativeFolder = relativeFolder;
        Path = folder[System.IO.Path.Combine(relativeFolder, name)];
        SetVersion(version);
        Behave("");
    }

    public string Path { get; }

    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Command lines of the calls that compiled kernels: neither questions for the version nor probes.</summary>
    public string[] Compilations => [.. Calls.Where(call => !call.Contains("--version") && !call.Contains("probe.hip"))];

    public string[] Calls => File.Exists(Log) ? File.ReadAllLines(Log) : [];

    private string Log => System.IO.Path.Combine(Folder, "calls.log");

    public void Forget() => File.Delete(Log);

    /// <summary>Shell commands to run instead of compiling a kernel ($out, $src and $here are set); they may exit.</summary>
    public void Behave(string commands) => _folder.Write(System.IO.Path.Combine(_relativeFolder, "behaviour.sh"), commands + "\n");

    /// <summary>Shell commands to run for probes as well: a compiler that does not know a target.</summary>
    public void Refuse(string argument) => _folder.Write(
        System.IO.Path.Combine(_relativeFolder, "refusal.sh"),
        $"case \"$all\" in *{argument}*) echo \"clang: error: invalid target ID '{argument}'\" >&2; exit 1;; esac\n");

    public void SetVersion(string version)
    {
        string script = $$"""
            here=$(dirname "$0")
            all="$*"
            echo "$all" >> "$here/calls.log"
            if [ "$1" = --version ]; then echo "{{version}}"; exit 0; fi
            out=; machine=; src=
            while [ $# -gt 0 ]; do
              case "$1" in
                -o) out="$2"; shift;;
                --offload-arch=*) machine='\340\000';;
                -march=arm*) machine='\267\000';;
                -march=*) machine='\076\000';;
              esac
              src="$1"; shift
            done
            [ -f "$here/refusal.sh" ] && . "$here/refusal.sh"
            case "$src" in *probe.hip) ;; *) . "$here/behaviour.sh";; esac
            if [ -n "$machine" ]; then
              printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\003\000'"$machine" > "$out"
            else
              printf '.version 8.0\n' > "$out"
            fi
            cat "$src" >> "$out"
            """;
        _folder.WriteProgram(System.IO.Path.GetRelativePath(_folder.Path, Path), script);
    }
}
