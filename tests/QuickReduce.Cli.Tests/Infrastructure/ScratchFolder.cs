namespace QuickReduce.Cli.Tests;

/// <summary>A folder for one test.</summary>
public sealed class ScratchFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quickreduce-cli-");

    /// <summary>The path of a file in it.</summary>
    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>Names of all files in it, sorted.</summary>
    public string[] Files => [.. _folder.GetFiles().Select(static file => file.Name).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Delete(recursive: true);
}
