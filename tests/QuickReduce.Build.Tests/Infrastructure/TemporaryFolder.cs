namespace QuickReduce.Build.Tests;

/// <summary>A folder for one test; its path has what build scripts get wrong: a space and letters beyond ASCII.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string name = "quick reduce größe") =>
        Path = Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{name} {Guid.NewGuid():N}")).FullName;

    public string Path { get; }

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public string Write(string relative, string text)
    {
        string path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes a shell script that can be started.</summary>
    public string WriteProgram(string relative, string script)
    {
        string path = Write(relative, "#!/bin/sh\n" + script.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>Relative paths, with <c>/</c>, of all files under a folder; none if it is not there.</summary>
    public string[] Files(string folder) => Directory.Exists(this[folder])
        ? [.. Directory.GetFiles(this[folder], "*", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(this[folder], file).Replace('\\', '/')).Order(StringComparer.Ordinal)]
        : [];

    public void Dispose()
    {
        if (!OperatingSystem.IsWindows() && Directory.Exists(Path))
        {
            foreach (string folder in Directory.GetDirectories(Path, "*", SearchOption.AllDirectories))
            {
                File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.UserWrite);
            }
        }

        Directory.Delete(Path, recursive: true);
    }
}
