namespace QuickReduce.Devices.Host;

/// <summary>What needs a native library, and what its user can do without it; for messages.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Alternative">What there is beside the library, as the end of a sentence; empty if nothing.</param>
internal readonly record struct LibraryUse(string Kernel, string Alternative)
{
    /// <summary>An all-reduce, which the managed backend does as well.</summary>
    public static LibraryUse OfAllReduce(string kernel) => new(kernel, ", or use DeviceKind.Managed, which gives the same bits");

    /// <summary>A kernel of the user's own, which exists as compiled text only.</summary>
    public static LibraryUse OfUserKernel(string kernel) => new(kernel, string.Empty);

    /// <summary>What to do about a library that is missing or wrong.</summary>
    public string Remedy => "Rebuild the application with QuickReduceOffloadArchs=host and clang installed" + Alternative + ".";
}
