namespace QuickReduce;

/// <summary>Where the code that runs on a GPU comes from, in the order in which it is looked for.</summary>
public enum CodeOrigin
{
    /// <summary>The build placed it beside the application.</summary>
    Packaged = 0,

    /// <summary>It was compiled on this machine earlier and kept in the user's cache.</summary>
    Cached = 1,

    /// <summary>It was compiled in this process, from the text in the application.</summary>
    Compiled = 2,
}

/// <summary>A code object that a group has loaded.</summary>
/// <param name="Unit">The translation unit.</param>
/// <param name="Device">The device.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Path">Its file; the compiler's library where it was compiled and not kept.</param>
public sealed record LoadedCode(KernelUnit Unit, GpuDevice Device, CodeOrigin Origin, string Path);

/// <summary>A unit that is about to be compiled at run time.</summary>
/// <param name="Unit">The translation unit.</param>
/// <param name="Device">The device that it is compiled for, and all others like it.</param>
public sealed record KernelCompilation(KernelUnit Unit, GpuDevice Device);
