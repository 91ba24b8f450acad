namespace QuickReduce.Accuracy;

/// <summary>Writes files that are there as a whole or not at all.</summary>
public static class WholeFile
{
    /// <summary>Writes a file beside its place and then moves it there.</summary>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <param name="write">Writes its content.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        Policy.WholeFile.Write(path, write);
    }
}
