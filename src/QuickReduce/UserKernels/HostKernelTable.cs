using QuickReduce.Devices.Host;

namespace QuickReduce;

/// <summary>Entry points of a family's kernels in the libraries of one directory, each looked up when first used.</summary>
/// <remarks>Thread-safe: two threads that come first together find the same address.</remarks>
internal sealed class HostKernelTable(KernelFamily family, string directory)
{
    private readonly nint[] _entryPoints = new nint[family.KernelNames.Count];

    public string Directory { get; } = directory;

    /// <summary>Address of a kernel's entry point.</summary>
    /// <exception cref="NativeLibraryException">Its library is missing or cannot be used.</exception>
    public nint EntryPoint(int kernel)
    {
        var known = Volatile.Read(ref _entryPoints[kernel]);
        return known != 0 ? known : Find(kernel);
    }

    private nint Find(int kernel)
    {
        var use = LibraryUse.OfUserKernel(family.Name + ", kernel " + family.KernelNames[kernel]);
        if (HostInstructionLevel.Supported.Count == 0)
        {
            throw HostLibrary.Unsupported(use);
        }

        var entryPoint = HostLibrary.Load(Directory, family.UnitOf(kernel), use).EntryPoint(family.KernelNames[kernel], use);
        Volatile.Write(ref _entryPoints[kernel], entryPoint);
        return entryPoint;
    }
}
