using System.Buffers.Binary;
using System.Text;

namespace QuickReduce.Emulation.CodeObjects;

/// <summary>A loadable part of an ELF image.</summary>
/// <param name="Address">Where it is loaded, relative to the image's base.</param>
/// <param name="FileBytes">What the file gives of it.</param>
/// <param name="MemoryBytes">Its size in memory; what the file does not give is zero.</param>
internal readonly record struct ElfSegment(ulong Address, ReadOnlyMemory<byte> FileBytes, ulong MemoryBytes);

/// <summary>A named place in an ELF image.</summary>
internal readonly record struct ElfSymbol(string Name, ulong Address, ulong Bytes);

/// <summary>A note of an ELF image.</summary>
internal readonly record struct ElfNote(string Owner, uint Type, ReadOnlyMemory<byte> Description);

/// <summary>
/// What is needed of a 64-bit little-endian ELF file for AMD GPUs: segments, dynamic symbols and notes (System V ABI;
/// LLVM, "User Guide for AMDGPU Backend").
/// </summary>
internal sealed class ElfImage
{
    private const ushort AmdGpuMachine = 224;
    private const ulong MostBytes = 1ul << 28;
    private const uint LoadSegment = 1, NoteSegment = 4;
    private const uint DynamicSymbols = 11;
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56, SectionHeaderBytes = 64, SymbolBytes = 24;

    private readonly ReadOnlyMemory<byte> _file;

    private ElfImage(ReadOnlyMemory<byte> file) => _file = file;

    public List<ElfSegment> Segments { get; } = [];

    public Dictionary<string, ElfSymbol> Symbols { get; } = new(StringComparer.Ordinal);

    public List<ElfNote> Notes { get; } = [];

    /// <summary>The header's flags; the low byte names the processor.</summary>
    public uint Flags { get; private init; }

    /// <exception cref="CodeObjectException">It is no such file, or truncated.</exception>
    public static ElfImage Read(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (bytes.Length < HeaderBytes || !bytes.StartsWith("\u007fELF"u8) || bytes[4] != 2 || bytes[5] != 1)
        {
            throw new CodeObjectException("it is no 64-bit ELF file");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]) != AmdGpuMachine)
        {
            throw new CodeObjectException("it is an ELF file of another machine, not of an AMD GPU");
        }

        var image = new ElfImage(file) { Flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]) };
        try
        {
            image.ReadSegments();
            image.ReadSymbols();
        }
        catch (Exception failure) when (failure is ArgumentOutOfRangeException or OverflowException or IndexOutOfRangeException)
        {
            throw new CodeObjectException("it is truncated or damaged", failure);
        }

        return image.Segments.Count > 0 ? image : throw new CodeObjectException("it has nothing to load");
    }

    private void ReadSegments()
    {
        var bytes = _file.Span;
        var table = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[56..]);
        for (var i = 0; i < count; i++)
        {
            var header = bytes.Slice(table + i * ProgramHeaderBytes, ProgramHeaderBytes);
            var type = BinaryPrimitives.ReadUInt32LittleEndian(header);
            if (type is not (LoadSegment or NoteSegment))
            {
                continue;
            }

            var content = _file.Slice(Int(header, 8), Int(header, 32));
            if (type == LoadSegment)
            {
                var (address, memoryBytes) = (BinaryPrimitives.ReadUInt64LittleEndian(header[16..]), BinaryPrimitives.ReadUInt64LittleEndian(header[40..]));
                if (address > MostBytes || memoryBytes > MostBytes || (ulong)content.Length > memoryBytes)
                {
                    throw new CodeObjectException("it is damaged: a segment of it is too large");
                }

                Segments.Add(new ElfSegment(address, content, memoryBytes));
            }
            else
            {
                ReadNotes(content);
            }
        }
    }

    private void ReadNotes(ReadOnlyMemory<byte> content)
    {
        for (var at = 0; at + 12 <= content.Length;)
        {
            var header = content.Span[at..];
            var (nameBytes, descriptionBytes) = (Int32(header, 0), Int32(header, 4));
            var name = Encoding.UTF8.GetString(content.Span.Slice(at + 12, nameBytes)).TrimEnd('\0');
            var start = at + 12 + Padded(nameBytes);
            Notes.Add(new ElfNote(name, BinaryPrimitives.ReadUInt32LittleEndian(header[8..]), content.Slice(start, descriptionBytes)));
            at = start + Padded(descriptionBytes);
        }

        static int Padded(int length) => checked(length + 3) & ~3;
    }

    private void ReadSymbols()
    {
        var bytes = _file.Span;
        var table = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[60..]);
        for (var i = 0; i < count; i++)
        {
            var section = bytes.Slice(table + i * SectionHeaderBytes, SectionHeaderBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != DynamicSymbols)
            {
                continue;
            }

            var names = bytes.Slice(table + Int32(section, 40) * SectionHeaderBytes, SectionHeaderBytes);
            var texts = bytes.Slice(Int(names, 24), Int(names, 32));
            var symbols = bytes.Slice(Int(section, 24), Int(section, 32));
            for (; symbols.Length >= SymbolBytes; symbols = symbols[SymbolBytes..])
            {
                var text = texts[Int32(symbols, 0)..];
                var name = Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]);
                Symbols[name] = new ElfSymbol(name, BinaryPrimitives.ReadUInt64LittleEndian(symbols[8..]), BinaryPrimitives.ReadUInt64LittleEndian(symbols[16..]));
            }
        }
    }

    private static int Int(ReadOnlySpan<byte> bytes, int offset) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]));

    private static int Int32(ReadOnlySpan<byte> bytes, int offset) => checked((int)BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]));
}
