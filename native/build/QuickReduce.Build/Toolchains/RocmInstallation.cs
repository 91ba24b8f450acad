namespace QuickReduce.Build;

/// <summary>What is where in a ROCm installation.</summary>
internal static class RocmInstallation
{
    /// <summary>Folders of its LLVM: a link to the second one in newer versions.</summary>
    public static readonly string[] LlvmFolders = ["llvm", "lib/llvm"];

    /// <summary>
    /// The installation that a hipcc belongs to; null for one that brings no clang of its own, such as a distribution's, and
    /// knows itself where that is.
    /// </summary>
    public static string? RootOf(string hipcc)
    {
        string? root = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(hipcc)));
        return root is not null && LlvmFolders.Any(folder => Directory.Exists(Path.Combine(root, folder))) ? root : null;
    }
}
