namespace QuickReduce;

/// <summary>
/// Kernels had to be compiled at run time, since the build made no code for the device, and the compiler refused them.
/// The message says what to do; <see cref="CompilerLog"/> is what the compiler said.
/// </summary>
public sealed class KernelCompilationException : QuickReduceException
{
    internal KernelCompilationException(string unit, string architecture, string compiler, string log, string message)
        : base(message)
    {
        Unit = unit;
        Architecture = architecture;
        Compiler = compiler;
        CompilerLog = log;
    }

    /// <summary>Name of the translation unit (<see cref="KernelUnit.Name"/>).</summary>
    public string Unit { get; }

    /// <summary>What it was to be compiled for, for example <c>gfx942:sramecc+:xnack-</c>.</summary>
    public string Architecture { get; }

    /// <summary>The compiler: hipRTC, with the path of its library.</summary>
    public string Compiler { get; }

    /// <summary>All that the compiler said; empty where it said nothing.</summary>
    public string CompilerLog { get; }
}
