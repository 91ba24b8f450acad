using System.Buffers.Binary;
using System.Text;

namespace QuickReduce.Devices.Gpu.Code;

/// <summary>
/// Looks into AMD code objects before the driver does, whose refusal would be a number: whether a file is whole, what it is
/// for, and which entry of a bundle fits a device. What is neither is left to the driver.
/// </summary>
internal static class CodeObjectImage
{
    private const int ElfHeaderBytes = 64;
    private const ushort AmdGpu = 224;
    private const uint NoteSegment = 4;

    /// <summary>The code object for a device.</summary>
    /// <param name="device">The device's target.</param>
    /// <param name="image">A code object, or a bundle of several.</param>
    /// <param name="path">Where it comes from, for messages.</param>
    /// <param name="refusal">What it is for, where it does not run on the device; else empty.</param>
    /// <returns>The code object; null where it does not run on the device.</returns>
    /// <exception cref="NativeLibraryException">The file is empty, truncated, or a compressed bundle.</exception>
    public static ReadOnlyMemory<byte>? Select(TargetId device, ReadOnlyMemory<byte> image, string path, out string refusal)
    {
        refusal = string.Empty;
        if (image.IsEmpty)
        {
            throw Damaged(path, "it is empty");
        }

        if (OffloadBundle.IsCompressed(image.Span))
        {
            throw new NativeLibraryException(
                NativeLibraryProblem.NotLoadable, path, "The code object " + path + " is a compressed bundle, which cannot be read here. Make it with --no-offload-compress.");
        }

        if (OffloadBundle.Read(image, path) is not { } bundle)
        {
            return IfFor(device, image, path, out refusal);
        }

        var best = bundle.Where(entry => entry.Target.RunsOn(device)).OrderBy(static entry => entry.Target.IsGeneric).ThenByDescending(static entry => entry.Target.Features).FirstOrDefault();
        if (best is null)
        {
            refusal = "a bundle for " + string.Join(", ", bundle.Select(static entry => entry.Target));
            return null;
        }

        return IfFor(device, best.Image, path, out refusal);
    }

    /// <summary>The target that a code object says it is for; null where it says none, or is no AMD code object.</summary>
    /// <exception cref="NativeLibraryException">It is truncated.</exception>
    public static TargetId? TargetOf(ReadOnlySpan<byte> image, string path)
    {
        if (image.Length < ElfHeaderBytes || !image.StartsWith("\u007fELF"u8) || ReadUInt16(image, 18) != AmdGpu)
        {
            return null;
        }

        var programHeaders = ReadOffset(image, 32, path);
        int programHeaderBytes = ReadUInt16(image, 54), programHeaderCount = ReadUInt16(image, 56);
        RequireWhole(image, ReadOffset(image, 40, path) + ((long)ReadUInt16(image, 58) * ReadUInt16(image, 60)), path);
        RequireWhole(image, programHeaders + ((long)programHeaderBytes * programHeaderCount), path);
        TargetId? target = null;
        for (var i = 0; i < programHeaderCount; i++)
        {
            var header = image[(int)(programHeaders + (i * programHeaderBytes))..];
            long start = ReadOffset(header, 8, path), bytes = ReadOffset(header, 32, path);
            RequireWhole(image, start + bytes, path);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == NoteSegment)
            {
                target ??= TargetInNotes(image.Slice((int)start, (int)bytes));
            }
        }

        return target;
    }

    private static ReadOnlyMemory<byte>? IfFor(TargetId device, ReadOnlyMemory<byte> image, string path, out string refusal)
    {
        refusal = string.Empty;
        if (TargetOf(image.Span, path) is not { } target || target.RunsOn(device))
        {
            return image;
        }

        refusal = "code for " + target;
        return null;
    }

    /// <summary>
    /// Finds the value of <c>amdhsa.target</c> in the metadata (MessagePack), which since version 4 of code objects is there
    /// and ends with the target: <c>amdgcn-amd-amdhsa--gfx942:xnack-</c>.
    /// </summary>
    private static TargetId? TargetInNotes(ReadOnlySpan<byte> notes)
    {
        const byte ShortString = 0xa0, ShortStringMask = 0xe0, StringOfByteLength = 0xd9;
        var key = "\u00adamdhsa.target";
        var at = notes.IndexOf(Encoding.Latin1.GetBytes(key));
        if (at < 0)
        {
            return null;
        }

        var value = notes[(at + key.Length)..];
        if (value.Length < 2)
        {
            return null;
        }

        var (start, length) = value[0] == StringOfByteLength ? (2, value[1])
            : (value[0] & ShortStringMask) == ShortString ? (1, value[0] & ~ShortStringMask)
            : (0, 0);
        if (length == 0 || start + length > value.Length)
        {
            return null;
        }

        var text = Encoding.ASCII.GetString(value.Slice(start, length));
        return text.IndexOf("gfx", StringComparison.Ordinal) is var processor and >= 0 ? TargetId.Parse(text[processor..]) : null;
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(image[at..]);

    // Beyond 2 GiB there is no code object, but there may be garbage.
    private static long ReadOffset(ReadOnlySpan<byte> image, int at, string path) =>
        BinaryPrimitives.ReadUInt64LittleEndian(image[at..]) is var offset and <= int.MaxValue
            ? (long)offset
            : throw Damaged(path, "its headers make no sense");

    private static void RequireWhole(ReadOnlySpan<byte> image, long bytes, string path)
    {
        if (bytes > image.Length)
        {
            throw Damaged(path, "it is truncated: it has " + image.Length + " bytes and should have at least " + bytes);
        }
    }

    internal static NativeLibraryException Damaged(string path, string what) =>
        new(NativeLibraryProblem.Corrupt, path, "The code object " + path + " cannot be used: " + what + ". Rebuild or reinstall the application.");
}
