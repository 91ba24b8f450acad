using System.Reflection.Metadata;

namespace QuickReduce.Build;

/// <summary>
/// Reads the <c>QuickReduce.KernelSourceAttribute</c>s of an assembly from its metadata, without loading it.
/// </summary>
internal static class KernelSourceReader
{
    private const string AttributeName = "KernelSourceAttribute";

    public static IReadOnlyList<KernelSource> Read(string assemblyPath)
    {
        using FileStream file = File.OpenRead(assemblyPath);
        return Read(file, assemblyPath);
    }

    public static IReadOnlyList<KernelSource> Read(Stream assembly, string nameForMessages) =>
        AssemblyAttributes.Read(assembly, nameForMessages, Read);

    private static List<KernelSource> Read(MetadataReader metadata)
    {
        var sources = new List<KernelSource>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (AttributeArguments arguments in AssemblyAttributes.Named(metadata, AttributeName))
        {
            KernelSource source = Decode(arguments);
            if (UnitName.Problem(source.UnitName) is { } problem)
            {
                throw new UnusableKernelSourceException($"The name of the kernel source '{source.UnitName}' {problem}; it has to be a file name.");
            }

            if (!names.Add(source.UnitName))
            {
                throw new UnusableKernelSourceException(
                    $"Two kernel sources are named '{source.UnitName}' (upper and lower case count as the same); each needs a file name of its own.");
            }

            sources.Add(source);
        }

        return sources;
    }

    private static KernelSource Decode(AttributeArguments arguments)
    {
        string? name = arguments.NextString();
        string? text = arguments.NextString();
        return name is not null && text is not null
            ? new KernelSource(name, text)
            : throw new UnusableKernelSourceException(
                $"The kernel source '{name ?? "(no name)"}' in the assembly has no {(name is null ? "name" : "text")}.");
    }
}
