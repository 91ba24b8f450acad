using System.Reflection.Metadata;

namespace QuickReduce.Build;

/// <summary>Reads the <c>QuickReduce.KernelDeclarationAttribute</c>s of an assembly from its metadata, without loading it.</summary>
internal static class KernelDeclarationReader
{
    private const string AttributeName = "KernelDeclarationAttribute";

    /// <exception cref="UnusableKernelSourceException">It is no assembly, or an attribute is damaged.</exception>
    public static IReadOnlyList<KernelDeclaration> Read(string assemblyPath)
    {
        using FileStream file = File.OpenRead(assemblyPath);
        return AssemblyAttributes.Read(file, assemblyPath, Read);
    }

    private static IReadOnlyList<KernelDeclaration> Read(MetadataReader metadata) =>
        [.. AssemblyAttributes.Named(metadata, AttributeName).Select(Decode)];

    private static KernelDeclaration Decode(AttributeArguments arguments)
    {
        string? file = arguments.NextString();
        var place = new SourcePlace(file, arguments.NextInt32(), arguments.NextInt32());
        string kernels = arguments.NextString() ?? "";
        var budget = new KernelBudget(Demand(arguments.NextInt32()), arguments.NextBoolean(), Demand(arguments.NextInt32()));
        return new KernelDeclaration(place, KernelsOf(kernels), budget);
    }

    /// <summary>One line for each unit: its name and those of its kernels, with blanks between them.</summary>
    private static Dictionary<string, IReadOnlyList<string>> KernelsOf(string text) => text
        .Split(['\n'], StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .GroupBy(names => names[0], StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => (IReadOnlyList<string>)[.. group.SelectMany(names => names.Skip(1))], StringComparer.Ordinal);

    private static int? Demand(int value) => value > 0 ? value : null;
}
