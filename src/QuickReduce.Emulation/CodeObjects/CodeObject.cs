using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.CodeObjects;

/// <summary>An argument of a kernel, as the code object's metadata describes it.</summary>
/// <param name="Offset">Offset in the kernel's argument segment.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Kind">LLVM's name of what it is: <c>by_value</c>, <c>global_buffer</c>, <c>hidden_block_count_x</c> …</param>
internal readonly record struct KernelArgument(int Offset, int Bytes, string Kind)
{
    /// <summary>Whether the run time fills it in, not the caller.</summary>
    public bool IsHidden => Kind.StartsWith("hidden_", StringComparison.Ordinal);
}

/// <summary>A kernel of a code object.</summary>
internal sealed record KernelDescription(
    string Name,
    ulong DescriptorAddress,
    int ArgumentBytes,
    int ScalarRegisters,
    int MaxBlockSize,
    IReadOnlyList<KernelArgument> Arguments);

/// <summary>A code object for AMD GPUs: the file that the build writes and the HIP run time loads.</summary>
internal sealed class CodeObject
{
    private const uint MetadataNote = 32;
    private const uint ProcessorMask = 0xff;

    // EF_AMDGPU_MACH_… of LLVM's "User Guide for AMDGPU Backend".
    private const uint Generic = 0x5f; // gfx9-4-generic
    private static readonly Dictionary<uint, Processor> Processors = new()
    {
        [0x4c] = Processor.Gfx942,
        [0x4f] = Processor.Gfx950,
        [Generic] = Processor.Gfx942,
    };

    private CodeObject(ElfImage image, Processor processor)
    {
        Image = image;
        Processor = processor;
    }

    public ElfImage Image { get; }

    public Processor Processor { get; }

    /// <summary>Whether it runs on every processor of the family.</summary>
    public bool IsGeneric => (Image.Flags & ProcessorMask) == Generic;

    public Dictionary<string, KernelDescription> Kernels { get; } = new(StringComparer.Ordinal);

    /// <exception cref="CodeObjectException">It cannot be used.</exception>
    public static CodeObject Read(ReadOnlyMemory<byte> file)
    {
        if (file.Span.StartsWith("__CLANG_OFFLOAD_BUNDLE__"u8))
        {
            throw new CodeObjectException("it is a bundle of several code objects; take one out with clang-offload-bundler, or compile with --no-gpu-bundle-output");
        }

        var image = ElfImage.Read(file);
        if (!Processors.TryGetValue(image.Flags & ProcessorMask, out var processor))
        {
            throw new CodeObjectException("it is compiled for another processor than gfx942 or gfx950 (ELF flags 0x" + image.Flags.ToString("x", System.Globalization.CultureInfo.InvariantCulture) + ")");
        }

        var note = image.Notes.FirstOrDefault(static note => note is { Owner: "AMDGPU", Type: MetadataNote });
        if (MessagePack.Read(note.Description.Span.IsEmpty ? [0xc0] : note.Description.Span) is not Dictionary<string, object?> metadata
            || metadata.GetValueOrDefault("amdhsa.kernels") is not List<object?> kernels)
        {
            throw new CodeObjectException("it has no metadata of kernels");
        }

        var codeObject = new CodeObject(image, processor);
        foreach (var kernel in kernels.OfType<Dictionary<string, object?>>())
        {
            codeObject.Add(kernel);
        }

        return codeObject;
    }

    /// <summary>Bytes at an address of the loaded image that the file gives.</summary>
    /// <exception cref="CodeObjectException">There are none.</exception>
    public ReadOnlyMemory<byte> At(ulong address, ulong bytes)
    {
        foreach (var segment in Image.Segments)
        {
            var available = (ulong)segment.FileBytes.Length;
            if (address >= segment.Address && bytes <= available && address - segment.Address <= available - bytes)
            {
                return segment.FileBytes.Slice((int)(address - segment.Address), (int)bytes);
            }
        }

        throw new CodeObjectException("a symbol points outside of it");
    }

    private void Add(Dictionary<string, object?> kernel)
    {
        var name = kernel.GetValueOrDefault(".name") as string ?? throw new CodeObjectException("a kernel has no name");
        var symbol = kernel.GetValueOrDefault(".symbol") as string ?? name + ".kd";
        if (!Image.Symbols.TryGetValue(symbol, out var descriptor))
        {
            throw new CodeObjectException("it lacks the symbol " + symbol);
        }

        if (Number(kernel, ".wavefront_size", 64) != 64)
        {
            throw new CodeObjectException(name + " runs in waves of another size than 64");
        }

        var arguments = (kernel.GetValueOrDefault(".args") as List<object?> ?? [])
            .OfType<Dictionary<string, object?>>()
            .Select(static argument => new KernelArgument(Number(argument, ".offset"), Number(argument, ".size"), argument.GetValueOrDefault(".value_kind") as string ?? string.Empty))
            .ToArray();
        var segmentBytes = Number(kernel, ".kernarg_segment_size");
        if (arguments.Any(argument => argument.Offset + (long)argument.Bytes > segmentBytes))
        {
            throw new CodeObjectException("an argument of " + name + " lies outside of its argument segment");
        }

        Kernels[name] = new KernelDescription(
            name,
            descriptor.Address,
            segmentBytes,
            Number(kernel, ".sgpr_count"),
            Number(kernel, ".max_flat_workgroup_size", 1024),
            arguments);
    }

    private static int Number(Dictionary<string, object?> map, string key, int missing = 0) =>
        map.GetValueOrDefault(key) switch
        {
            null => missing,
            long value and >= 0 and <= int.MaxValue => (int)value,
            _ => throw new CodeObjectException("its metadata has no number for " + key),
        };
}
