using System.Reflection;

namespace QuickReduce.Build;

/// <summary>Tells, without running it, whether a compiler is still the one that was asked before.</summary>
internal static class CompilerFingerprint
{
    /// <summary>hipcc is a script: what it starts is in these places relative to it, or beside it.</summary>
    private static readonly string[] BehindHipcc = ["hipcc.pl", "hipcc.bin", "../llvm/bin/clang++", "../lib/llvm/bin/clang++"];

    // The profile lacks it, .NET has it. Without it a link is looked at instead of the program.
    private static readonly MethodInfo? ResolveLinkTarget = typeof(FileSystemInfo).GetMethod("ResolveLinkTarget", [typeof(bool)]);

    public static string Of(CompilerKind kind, string path)
    {
        IEnumerable<string> files = kind == CompilerKind.Hipcc
            ? BehindHipcc.Select(file => Path.Combine(Path.GetDirectoryName(path)!, file)).Where(File.Exists)
            : [];
        return string.Join("|", files.Prepend(path).Select(OfFile));
    }

    /// <summary>Changes when a package is installed: a compiler that could not link yesterday may find its linker today.</summary>
    public static string OfSurroundings(IEnumerable<string> folders) =>
        string.Join("|", folders.Where(Directory.Exists).Select(folder => Directory.GetLastWriteTimeUtc(folder).Ticks.ToString("x")));

    private static string OfFile(string path)
    {
        FileInfo file = Resolve(new FileInfo(path));
        return file.Exists ? $"{path} {file.FullName} {file.LastWriteTimeUtc.Ticks:x} {file.Length:x}" : path;
    }

    /// <summary>The file that a link stands for, or the file itself.</summary>
    internal static FileInfo Resolve(FileInfo file)
    {
        try
        {
            return ResolveLinkTarget?.Invoke(file, [true]) as FileInfo ?? file;
        }
        catch (TargetInvocationException)
        {
            return file;
        }
    }
}
