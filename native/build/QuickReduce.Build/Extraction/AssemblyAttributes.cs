using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace QuickReduce.Build;

/// <summary>Finds attributes of QuickReduce on an assembly in its metadata, without loading it.</summary>
internal static class AssemblyAttributes
{
    private const string Namespace = "QuickReduce";

    /// <summary>Opens an assembly's metadata.</summary>
    /// <exception cref="UnusableKernelSourceException">It is no assembly, or damaged.</exception>
    public static T Read<T>(Stream assembly, string nameForMessages, Func<MetadataReader, T> read)
    {
        try
        {
            using var image = new PEReader(assembly, PEStreamOptions.LeaveOpen);
            return image.HasMetadata
                ? read(image.GetMetadataReader())
                : throw new UnusableKernelSourceException($"'{nameForMessages}' is not a .NET assembly.");
        }
        catch (BadImageFormatException damage)
        {
            throw new UnusableKernelSourceException($"'{nameForMessages}' is damaged or not a .NET assembly: {damage.Message}");
        }
    }

    /// <summary>The arguments of every attribute of that name.</summary>
    public static IEnumerable<AttributeArguments> Named(MetadataReader metadata, string name)
    {
        // A netmodule has no assembly row, hence no assembly attributes.
        if (!metadata.IsAssembly)
        {
            yield break;
        }

        foreach (CustomAttributeHandle handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            CustomAttribute attribute = metadata.GetCustomAttribute(handle);
            if (IsNamed(metadata, attribute, name))
            {
                yield return new AttributeArguments(name, metadata.GetBlobReader(attribute.Value));
            }
        }
    }

    /// <summary>The attribute is a reference in a user's assembly and a definition where the assembly declares it itself.</summary>
    private static bool IsNamed(MetadataReader metadata, CustomAttribute attribute, string name)
    {
        switch (attribute.Constructor.Kind)
        {
            case HandleKind.MemberReference:
                EntityHandle parent = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
                if (parent.Kind == HandleKind.TypeReference)
                {
                    TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)parent);
                    return Matches(metadata, reference.Namespace, reference.Name, name);
                }

                return parent.Kind == HandleKind.TypeDefinition && Matches(metadata, (TypeDefinitionHandle)parent, name);
            case HandleKind.MethodDefinition:
                return Matches(metadata, metadata.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType(), name);
            default:
                return false;
        }
    }

    private static bool Matches(MetadataReader metadata, TypeDefinitionHandle handle, string name)
    {
        TypeDefinition definition = metadata.GetTypeDefinition(handle);
        return Matches(metadata, definition.Namespace, definition.Name, name);
    }

    private static bool Matches(MetadataReader metadata, StringHandle @namespace, StringHandle found, string name) =>
        metadata.StringComparer.Equals(found, name) && metadata.StringComparer.Equals(@namespace, Namespace);
}

/// <summary>The constructor's arguments of one attribute, read one after the other.</summary>
internal sealed class AttributeArguments
{
    private const ushort Prolog = 1;

    private readonly string _attribute;
    private BlobReader _blob;

    public AttributeArguments(string attribute, BlobReader blob)
    {
        _attribute = attribute;
        _blob = blob;
        if (blob.Length < sizeof(ushort) || _blob.ReadUInt16() != Prolog)
        {
            throw new UnusableKernelSourceException($"A {attribute} in the assembly does not begin as a custom attribute does.");
        }
    }

    public string? NextString()
    {
        Demand(1);
        return _blob.ReadSerializedString();
    }

    public int NextInt32()
    {
        Demand(sizeof(int));
        return _blob.ReadInt32();
    }

    public bool NextBoolean()
    {
        Demand(1);
        return _blob.ReadBoolean();
    }

    private void Demand(int bytes)
    {
        if (_blob.RemainingBytes < bytes)
        {
            throw new UnusableKernelSourceException($"A {_attribute} in the assembly has fewer arguments than it should.");
        }
    }
}
