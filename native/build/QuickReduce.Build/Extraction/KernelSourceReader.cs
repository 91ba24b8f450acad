using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace QuickReduce.Build;

/// <summary>
/// Reads the <c>QuickReduce.KernelSourceAttribute</c>s of an assembly from its metadata, without loading it.
/// </summary>
internal static class KernelSourceReader
{
    private const string AttributeNamespace = "QuickReduce";
    private const string AttributeName = "KernelSourceAttribute";
    private const ushort CustomAttributeProlog = 1;

    public static IReadOnlyList<KernelSource> Read(string assemblyPath)
    {
        using FileStream file = File.OpenRead(assemblyPath);
        return Read(file, assemblyPath);
    }

    public static IReadOnlyList<KernelSource> Read(Stream assembly, string nameForMessages)
    {
        try
        {
            using var image = new PEReader(assembly, PEStreamOptions.LeaveOpen);
            if (!image.HasMetadata)
            {
                throw new UnusableKernelSourceException($"'{nameForMessages}' is not a .NET assembly.");
            }

            return Read(image.GetMetadataReader());
        }
        catch (BadImageFormatException damage)
        {
            throw new UnusableKernelSourceException($"'{nameForMessages}' is damaged or not a .NET assembly: {damage.Message}");
        }
    }

    private static List<KernelSource> Read(MetadataReader metadata)
    {
        var sources = new List<KernelSource>();
        // A netmodule has no assembly row, hence no assembly attributes.
        if (!metadata.IsAssembly)
        {
            return sources;
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (CustomAttributeHandle handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            CustomAttribute attribute = metadata.GetCustomAttribute(handle);
            if (!IsKernelSource(metadata, attribute))
            {
                continue;
            }

            KernelSource source = Decode(metadata.GetBlobReader(attribute.Value));
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

    /// <summary>The attribute is a reference in a user's assembly and a definition where the assembly declares it itself.</summary>
    private static bool IsKernelSource(MetadataReader metadata, CustomAttribute attribute)
    {
        switch (attribute.Constructor.Kind)
        {
            case HandleKind.MemberReference:
                EntityHandle parent = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
                if (parent.Kind == HandleKind.TypeReference)
                {
                    TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)parent);
                    return Matches(metadata, reference.Namespace, reference.Name);
                }

                return parent.Kind == HandleKind.TypeDefinition && Matches(metadata, (TypeDefinitionHandle)parent);
            case HandleKind.MethodDefinition:
                return Matches(metadata, metadata.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType());
            default:
                return false;
        }
    }

    private static bool Matches(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        TypeDefinition definition = metadata.GetTypeDefinition(handle);
        return Matches(metadata, definition.Namespace, definition.Name);
    }

    private static bool Matches(MetadataReader metadata, StringHandle @namespace, StringHandle name) =>
        metadata.StringComparer.Equals(name, AttributeName) && metadata.StringComparer.Equals(@namespace, AttributeNamespace);

    private static KernelSource Decode(BlobReader blob)
    {
        if (blob.Length < 2 || blob.ReadUInt16() != CustomAttributeProlog)
        {
            throw new UnusableKernelSourceException("A kernel source in the assembly does not begin as a custom attribute does.");
        }

        string? name = ReadString(ref blob);
        string? text = ReadString(ref blob);
        if (name is null || text is null)
        {
            throw new UnusableKernelSourceException(
                $"The kernel source '{name ?? "(no name)"}' in the assembly has no {(name is null ? "name" : "text")}.");
        }

        return new KernelSource(name, text);
    }

    private static string? ReadString(ref BlobReader blob)
    {
        if (blob.RemainingBytes == 0)
        {
            throw new UnusableKernelSourceException("A kernel source in the assembly does not have the two arguments (name, text).");
        }

        return blob.ReadSerializedString();
    }
}
