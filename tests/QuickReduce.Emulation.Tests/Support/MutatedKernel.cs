using System.Buffers.Binary;
using System.Runtime.InteropServices;
using QuickReduce.Emulation.CodeObjects;
using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Tests;

/// <summary>A directory with a variant's code object in which some instructions of its kernel are replaced by <c>s_nop</c>.</summary>
internal sealed class MutatedKernel : IDisposable
{
    private const uint Nop = 0xbf800000;

    /// <summary>Copies the code object and takes instructions out.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="toDelete">Which of the kernel's instructions.</param>
    public MutatedKernel(KernelVariant variant, Func<IReadOnlyList<Instruction>, IEnumerable<Instruction>> toDelete)
    {
        var source = CodeObjectFiles.PathOf(variant);
        var file = File.ReadAllBytes(source);
        var codeObject = CodeObject.Read(file);
        var kernel = codeObject.Image.Symbols[variant.KernelName];
        var code = codeObject.At(kernel.Address, kernel.Bytes);
        var instructions = new List<Instruction>();
        for (var address = 0; address < code.Length; address += 4 * instructions[^1].Words)
        {
            instructions.Add(Decoder.Decode(code.Span, address, codeObject.Processor));
        }

        foreach (var instruction in toDelete(instructions))
        {
            for (var word = 0; word < instruction.Words; word++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(MemoryMarshal.AsMemory(code).Span[(instruction.Address + 4 * word)..], Nop);
            }

            Deleted++;
        }

        var folder = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "quickreduce", "gfx942"));
        File.WriteAllBytes(Path.Combine(folder.FullName, Path.GetFileName(source)), file);
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("quickreduce-mutated-").FullName;

    /// <summary>Number of instructions that were taken out.</summary>
    public int Deleted { get; }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
