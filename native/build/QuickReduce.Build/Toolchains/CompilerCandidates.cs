namespace QuickReduce.Build;

/// <summary>A program that may be a compiler for a target.</summary>
internal sealed record CompilerCandidate(CompilerKind Kind, string Path);

/// <summary>A property points at something that is not there.</summary>
internal sealed class ExplicitPathMissingException(string message) : Exception(message);

/// <summary>Lists, in order of preference, the compilers to ask for a target.</summary>
internal sealed class CompilerCandidates
{
    /// <summary>The version that kernels are tested with.</summary>
    public const int PreferredClang = 22;

    /// <summary>Older ones lack builtins that the kernels use.</summary>
    public const int OldestClang = 19;

    private readonly SearchSpace _space;
    private readonly string? _explicitHipcc;
    private readonly string? _explicitClang;
    private readonly string? _explicitRocmRoot;

    public CompilerCandidates(SearchSpace space)
    {
        _space = space;
        _explicitHipcc = Explicit("QuickReduceHipcc", space.Hipcc);
        _explicitClang = Explicit("QuickReduceClang", space.Clang);
        if (space.RocmPath is { Length: > 0 } root)
        {
            _explicitRocmRoot = root;
            if (!Directory.Exists(root))
            {
                throw new ExplicitPathMissingException($"RocmPath is set to '{root}', which is no folder.");
            }

            if (HipccOf(root) is null && ClangOf(root) is null)
            {
                throw new ExplicitPathMissingException($"RocmPath is set to '{root}', which is no ROCm installation: it has neither bin/hipcc nor llvm/bin/clang++.");
            }
        }
    }

    /// <summary>Whether the user points at the compiler for this kind of target; then no other is looked for.</summary>
    public bool IsPinned(TargetKind kind) =>
        _explicitClang is not null || (kind == TargetKind.Amd && (_explicitHipcc is not null || _explicitRocmRoot is not null));

    public IEnumerable<CompilerCandidate> For(TargetKind kind)
    {
        IEnumerable<CompilerCandidate> candidates = kind == TargetKind.Amd ? ForAmd() : Clangs();
        return candidates.Distinct();
    }

    private IEnumerable<CompilerCandidate> ForAmd()
    {
        if (!IsPinned(TargetKind.Amd))
        {
            return HipccsOfInstallations().Concat(Clangs());
        }

        string? hipcc = _explicitHipcc ?? (_explicitRocmRoot is { } root ? HipccOf(root) : null);
        List<CompilerCandidate> pinned = [];
        if (hipcc is not null)
        {
            pinned.Add(new CompilerCandidate(CompilerKind.Hipcc, hipcc));
        }

        if ((_explicitClang ?? (hipcc is null ? ClangOf(_explicitRocmRoot!) : null)) is { } clang)
        {
            pinned.Add(new CompilerCandidate(CompilerKind.Clang, clang));
        }

        return pinned;
    }

    private IEnumerable<CompilerCandidate> HipccsOfInstallations() =>
        _space.RocmRootsOfEnvironment().Select(HipccOf)
            .Append(_space.FindOnPath("hipcc"))
            .Concat(_space.RocmRootsOfSystem().Select(HipccOf))
            .OfType<string>()
            .Select(path => new CompilerCandidate(CompilerKind.Hipcc, path));

    private IEnumerable<CompilerCandidate> Clangs()
    {
        IEnumerable<string> paths = _explicitClang is not null
            ? [_explicitClang]
            : _space.ClangsOnPath(PreferredClang, OldestClang).Concat(ClangsOfRocm());
        return paths.Select(path => new CompilerCandidate(CompilerKind.Clang, path));
    }

    /// <summary>A ROCm installation's own clang: not the first choice for the CPU, but one that is there.</summary>
    private IEnumerable<string> ClangsOfRocm() =>
        (_explicitRocmRoot is null ? _space.RocmRootsOfEnvironment().Concat(_space.RocmRootsOfSystem()) : [_explicitRocmRoot])
            .Select(ClangOf).OfType<string>();

    private static string? ClangOf(string root) =>
        RocmInstallation.LlvmFolders.Select(folder => SearchSpace.FindIn(Path.Combine(root, folder, "bin"), "clang++")).FirstOrDefault(path => path is not null);

    // HIP_PATH may name the hip folder inside an installation.
    private static string? HipccOf(string root) =>
        SearchSpace.FindIn(Path.Combine(root, "bin"), "hipcc") ?? SearchSpace.FindIn(Path.Combine(root, "..", "bin"), "hipcc");

    private string? Explicit(string property, string? value)
    {
        if (value is not { Length: > 0 })
        {
            return null;
        }

        bool isBareName = value.IndexOfAny(['/', '\\']) < 0;
        if (isBareName)
        {
            return _space.FindOnPath(value)
                ?? throw new ExplicitPathMissingException($"{property} is set to '{value}', which is not a program on the PATH.");
        }

        return File.Exists(value)
            ? Path.GetFullPath(value)
            : throw new ExplicitPathMissingException($"{property} is set to '{value}', which does not exist.");
    }
}
