using System.Buffers.Binary;
using System.Text;

namespace QuickReduce.Devices.Gpu.Code;

/// <summary>A code object in a bundle.</summary>
/// <param name="Target">What it is for.</param>
/// <param name="Image">The code object.</param>
internal sealed record BundledCodeObject(TargetId Target, ReadOnlyMemory<byte> Image);

/// <summary>
/// Reads "fat binaries", files with code objects for several targets as hipcc and clang-offload-bundler write them.
/// </summary>
/// <remarks>Source: "Code object bundling" in LLVM's documentation of clang-offload-bundler.</remarks>
internal static class OffloadBundle
{
    private const int CountBytes = 8;
    private const int EntryBytes = 24;
    private const int MaxEntries = 1024;

    private static ReadOnlySpan<byte> Magic => "__CLANG_OFFLOAD_BUNDLE__"u8;

    /// <summary>Whether a file is a compressed bundle.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> file) => file.StartsWith("CCOB"u8);

    /// <summary>The AMD code objects of a bundle; null where the file is none.</summary>
    /// <exception cref="NativeLibraryException">It is truncated.</exception>
    public static IReadOnlyList<BundledCodeObject>? Read(ReadOnlyMemory<byte> file, string path)
    {
        if (!file.Span.StartsWith(Magic))
        {
            return null;
        }

        var at = Magic.Length;
        var count = Next(CountBytes);
        if (BinaryPrimitives.ReadUInt64LittleEndian(count) is not (var entries and <= MaxEntries))
        {
            throw CodeObjectImage.Damaged(path, "it says it is a bundle of impossibly many code objects");
        }

        List<BundledCodeObject> found = [];
        for (ulong i = 0; i < entries; i++)
        {
            var entry = Next(EntryBytes);
            var (offset, bytes, nameBytes) = (
                BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]));
            var name = Encoding.ASCII.GetString(Next(nameBytes));
            if (bytes > (ulong)file.Length || offset > (ulong)file.Length - bytes)
            {
                throw CodeObjectImage.Damaged(path, "the bundle is truncated: " + name + " is not all there");
            }

            // hipv4-amdgcn-amd-amdhsa--gfx942:xnack+; the entry of the host, which is empty, has no processor.
            var processor = name.IndexOf("gfx", StringComparison.Ordinal);
            if (name.Contains("amdgcn", StringComparison.Ordinal) && processor >= 0 && TargetId.Parse(name[processor..]) is { } target)
            {
                found.Add(new BundledCodeObject(target, file.Slice((int)offset, (int)bytes)));
            }
        }

        return found;

        ReadOnlySpan<byte> Next(ulong bytes)
        {
            if (bytes > (ulong)(file.Length - at))
            {
                throw CodeObjectImage.Damaged(path, "the bundle is truncated");
            }

            var span = file.Span.Slice(at, (int)bytes);
            at += (int)bytes;
            return span;
        }
    }
}
