namespace QuickReduce.Devices.Gpu.Code;

/// <summary>A compiler within this process that makes code objects of kernels' HIP text. Thread-safe.</summary>
internal abstract class RuntimeCompiler
{
    /// <summary>For messages: what it is, and the library that it is in.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// What decides, with text and options, what it makes: another version has another identity. Part of the cache's key.
    /// </summary>
    public abstract string Identity { get; }

    /// <summary>What it is told for an architecture, which is among it.</summary>
    public abstract IReadOnlyList<string> Options(string architecture);

    /// <summary>Compiles a unit.</summary>
    /// <param name="unit">Name of the unit.</param>
    /// <param name="text">Its HIP text.</param>
    /// <param name="architecture">What to compile for, <c>gfx942:sramecc+:xnack-</c>.</param>
    /// <exception cref="KernelCompilationException">The compiler refuses it, or fails.</exception>
    public abstract byte[] Compile(string unit, string text, string architecture);
}
