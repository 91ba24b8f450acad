namespace QuickReduce.Build;

/// <summary>How a compiler is spoken to.</summary>
internal enum CompilerKind
{
    /// <summary>clang itself: every target.</summary>
    Clang,

    /// <summary>hipcc, ROCm's driver script around its clang: AMD only.</summary>
    Hipcc,
}

/// <summary>A compiler that was found and asked for its version.</summary>
/// <param name="Kind">How it is spoken to.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Version">What it says of itself, on one line: part of the identity of what it makes.</param>
/// <param name="DisplayName">Short form for messages: <c>clang 22.1.8</c>.</param>
/// <param name="ClangMajor">Major version of the clang inside; 0 if it does not say.</param>
internal sealed record Compiler(CompilerKind Kind, string Path, string Version, string DisplayName, int ClangMajor);

/// <summary>A compiler that makes code for a target, and what it needs to be told on this machine.</summary>
/// <param name="Compiler">The compiler.</param>
/// <param name="UseLld">Whether host libraries are linked with LLVM's linker instead of the system's.</param>
internal sealed record ToolchainChoice(Compiler Compiler, bool UseLld);
