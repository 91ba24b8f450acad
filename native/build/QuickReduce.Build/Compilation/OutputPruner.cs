namespace QuickReduce.Build;

/// <summary>Keeps a folder that the build owns to exactly the files it knows.</summary>
internal static class OutputPruner
{
    /// <summary>Deletes every file under <paramref name="folder"/> that <paramref name="keep"/> does not name, then empty folders.</summary>
    public static void Prune(string folder, IEnumerable<string> keep)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        var known = new HashSet<string>(keep.Select(Path.GetFullPath), StringComparer.Ordinal);
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (!known.Contains(Path.GetFullPath(file)))
            {
                File.Delete(file);
            }
        }

        DeleteEmptyFolders(folder);
    }

    /// <summary>Deletes empty folders under and including <paramref name="folder"/>.</summary>
    public static void DeleteEmptyFolders(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string inner in Directory.GetDirectories(folder))
        {
            DeleteEmptyFolders(inner);
        }

        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }
}
