namespace QuickReduce.Build;

/// <summary>One architecture to compile every unit for.</summary>
internal sealed class OffloadTarget
{
    private OffloadTarget(TargetKind kind, string name, string requestedAs, string folder, string extension)
    {
        Kind = kind;
        Name = name;
        RequestedAs = requestedAs;
        Folder = folder;
        Extension = extension;
    }

    public TargetKind Kind { get; }

    /// <summary>The compiler's name of it: <c>gfx942:sramecc+:xnack-</c>, <c>sm_90</c>, <c>x86-64-v3</c>.</summary>
    public string Name { get; }

    /// <summary>The user's name of it: <c>host</c> for every level of the CPU, else <see cref="Name"/>.</summary>
    public string RequestedAs { get; }

    /// <summary>Folder of its files, relative, with <c>/</c>: <c>gfx942</c>, <c>host/x86-64-v3</c>.</summary>
    public string Folder { get; }

    /// <summary>Extension of its files, with the dot.</summary>
    public string Extension { get; }

    public static OffloadTarget Amd(string name) => new(TargetKind.Amd, name, name, FolderName(name), ".hsaco");

    public static OffloadTarget Nvidia(string name) => new(TargetKind.Nvidia, name, name, name, ".ptx");

    public static OffloadTarget Host(string level) => new(TargetKind.Host, level, "host", "host/" + FolderName(level), ".so");

    /// <summary>Rebuilds a target from its name as it travels through MSBuild's items.</summary>
    public static OffloadTarget FromItem(string kind, string name) => (TargetKind)Enum.Parse(typeof(TargetKind), kind) switch
    {
        TargetKind.Amd => Amd(name),
        TargetKind.Nvidia => Nvidia(name),
        _ => Host(name),
    };

    // A colon separates the features of an AMD target and can't stand in a Windows file name.
    private static string FolderName(string name) => name.Replace(':', '_');
}
