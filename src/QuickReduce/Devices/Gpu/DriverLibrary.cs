using System.Diagnostics;
using System.Runtime.InteropServices;

namespace QuickReduce.Devices.Gpu;

/// <summary>A vendor's driver library, bound at run time by the names of its functions. Kept for the process's life.</summary>
internal sealed class DriverLibrary
{
    private readonly nint _handle;
    private readonly string _remedy;

    private DriverLibrary(string name, nint handle, string remedy)
    {
        Name = name;
        _handle = handle;
        _remedy = remedy;
    }

    /// <summary>The name or path under which the library was found.</summary>
    public string Name { get; }

    /// <summary>Loads the first of several libraries that there is.</summary>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="candidates">Names, which the system's loader searches for, or paths; best first.</param>
    /// <param name="remedy">What to do where there is none, or too old a one.</param>
    /// <exception cref="GpuException">There is none.</exception>
    public static DriverLibrary Load(string what, IReadOnlyList<string> candidates, string remedy)
    {
        foreach (var candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out var handle))
            {
                return new DriverLibrary(candidate, handle, remedy);
            }
        }

        throw new GpuException(GpuProblem.DriverMissing, what + " cannot be loaded. Looked for: " + string.Join(", ", candidates) + ". " + remedy);
    }

    /// <summary>The file that holds a function, as the system's loader found it; the library's name where that is not known.</summary>
    public string PathOf(string function)
    {
        var address = Function(function);
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            if (address >= module.BaseAddress && address - module.BaseAddress < module.ModuleMemorySize)
            {
                return module.FileName;
            }
        }

        return Name;
    }

    /// <summary>Address of a function.</summary>
    /// <exception cref="GpuException">The library does not have it.</exception>
    public nint Function(string name) => OptionalFunction(name) is var address and not 0
        ? address
        : throw new GpuException(GpuProblem.DriverTooOld, Name + " does not export " + name + ". " + _remedy);

    /// <summary>Address of a function, or 0.</summary>
    public nint OptionalFunction(string name) => NativeLibrary.TryGetExport(_handle, name, out var address) ? address : 0;
}
