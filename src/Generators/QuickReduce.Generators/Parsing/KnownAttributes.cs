using Microsoft.CodeAnalysis;

namespace QuickReduce.Generators.Parsing;

/// <summary>The attributes by which users declare kernels.</summary>
internal static class KnownAttributes
{
    public const string Kernels = "QuickReduce.AllReduceKernelsAttribute";
    public const string Kernel = "QuickReduce.AllReduceKernelAttribute";

    public static bool IsKernels(INamedTypeSymbol? type) => IsNamed(type, "AllReduceKernelsAttribute");

    public static bool IsKernel(INamedTypeSymbol? type) => IsNamed(type, "AllReduceKernelAttribute");

    private static bool IsNamed(INamedTypeSymbol? type, string name) => type is
    {
        ContainingType: null,
        ContainingNamespace: { Name: "QuickReduce", ContainingNamespace.IsGlobalNamespace: true },
    } && type.Name == name;
}
