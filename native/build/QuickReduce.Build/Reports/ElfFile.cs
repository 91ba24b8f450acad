using System.Buffers.Binary;
using System.Text;

namespace QuickReduce.Build;

/// <summary>A named place in an ELF file's memory image: a function, a kernel's descriptor.</summary>
internal sealed record ElfSymbol(string Name, ulong Address, ulong Size, bool IsFunction, bool IsDefined);

/// <summary>
/// The parts of a 64-bit little-endian ELF file that a report needs: machine, notes, dynamic symbols. Every offset is checked
/// against the file, so that one that is cut short or foreign gives a message and not a crash.
/// </summary>
internal sealed class ElfFile
{
    public const ushort MachineX64 = 62;
    public const ushort MachineArm64 = 183;
    public const ushort MachineAmdGpu = 224;

    private const int HeaderBytes = 64;
    private const int SectionHeaderBytes = 64;
    private const int SymbolBytes = 24;
    private const uint SectionNote = 7;
    private const uint SectionDynamicSymbols = 11;

    private readonly byte[] _file;
    private readonly List<(uint Type, ulong Offset, ulong Size, uint Link)> _sections = [];

    /// <exception cref="UnreadableCodeObjectException">It is no such file, or cut short.</exception>
    public ElfFile(byte[] file)
    {
        _file = file;
        if (!IsElf(file))
        {
            throw new UnreadableCodeObjectException("is not an ELF file");
        }

        const int Class64 = 2;
        const int LittleEndian = 1;
        if (file.Length < HeaderBytes || file[4] != Class64 || file[5] != LittleEndian)
        {
            throw new UnreadableCodeObjectException("is not a 64-bit little-endian ELF file, or is cut short");
        }

        Machine = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(18));
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(40));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(60));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = Slice(start + (ulong)(i * SectionHeaderBytes), SectionHeaderBytes);
            _sections.Add((
                BinaryPrimitives.ReadUInt32LittleEndian(header.Slice(4)),
                BinaryPrimitives.ReadUInt64LittleEndian(header.Slice(24)),
                BinaryPrimitives.ReadUInt64LittleEndian(header.Slice(32)),
                BinaryPrimitives.ReadUInt32LittleEndian(header.Slice(40))));
        }
    }

    public ushort Machine { get; }

    public static bool IsElf(byte[] file) =>
        file.Length >= 4 && file[0] == 0x7f && file[1] == 'E' && file[2] == 'L' && file[3] == 'F';

    /// <summary>The content of the first note of that owner and type, or null.</summary>
    public byte[]? Note(string owner, uint type)
    {
        foreach ((uint _, ulong offset, ulong size, uint _) in _sections.Where(section => section.Type == SectionNote))
        {
            ulong place = offset;
            while (place + 12 <= offset + size)
            {
                ReadOnlySpan<byte> header = Slice(place, 12);
                uint nameBytes = BinaryPrimitives.ReadUInt32LittleEndian(header);
                uint contentBytes = BinaryPrimitives.ReadUInt32LittleEndian(header.Slice(4));
                uint noteType = BinaryPrimitives.ReadUInt32LittleEndian(header.Slice(8));
                string name = Text(Slice(place + 12, nameBytes));
                ulong content = place + 12 + Aligned(nameBytes);
                if (noteType == type && name == owner)
                {
                    return Slice(content, contentBytes).ToArray();
                }

                place = content + Aligned(contentBytes);
            }
        }

        return null;
    }

    /// <summary>The symbols that a loader sees.</summary>
    public IReadOnlyList<ElfSymbol> DynamicSymbols()
    {
        const int Function = 2;
        var symbols = new List<ElfSymbol>();
        foreach ((uint _, ulong offset, ulong size, uint link) in _sections.Where(section => section.Type == SectionDynamicSymbols))
        {
            if (link >= _sections.Count)
            {
                throw new UnreadableCodeObjectException("has a damaged symbol table");
            }

            ReadOnlySpan<byte> names = Slice(_sections[(int)link].Offset, _sections[(int)link].Size);
            for (ulong place = offset; place + SymbolBytes <= offset + size; place += SymbolBytes)
            {
                ReadOnlySpan<byte> symbol = Slice(place, SymbolBytes);
                uint name = BinaryPrimitives.ReadUInt32LittleEndian(symbol);
                if (name >= names.Length)
                {
                    throw new UnreadableCodeObjectException("has a damaged symbol table");
                }

                symbols.Add(new ElfSymbol(
                    Text(names.Slice((int)name)),
                    BinaryPrimitives.ReadUInt64LittleEndian(symbol.Slice(8)),
                    BinaryPrimitives.ReadUInt64LittleEndian(symbol.Slice(16)),
                    (symbol[4] & 15) == Function,
                    BinaryPrimitives.ReadUInt16LittleEndian(symbol.Slice(6)) != 0));
            }
        }

        return symbols;
    }

    private static ulong Aligned(uint bytes) => ((ulong)bytes + 3) & ~3ul;

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString((end < 0 ? bytes : bytes.Slice(0, end)).ToArray());
    }

    private ReadOnlySpan<byte> Slice(ulong offset, ulong size)
    {
        if (offset > (ulong)_file.Length || size > (ulong)_file.Length - offset)
        {
            throw new UnreadableCodeObjectException($"is cut short: it has {_file.Length} bytes, and something should be at {offset}");
        }

        return _file.AsSpan((int)offset, (int)size);
    }
}
