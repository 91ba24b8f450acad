using System.Buffers.Binary;
using System.Runtime.InteropServices;
using QuickReduce.Emulation.CodeObjects;
using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Tests;

/// <summary>What becomes of an instruction.</summary>
internal enum Mutation
{
    /// <summary>It is replaced by <c>s_nop</c>.</summary>
    Delete,

    /// <summary>A conditional branch is always taken.</summary>
    TakeBranch,
}

/// <summary>A directory with a variant's code object in which some instructions of its kernel are changed.</summary>
internal sealed class MutatedKernel : IDisposable
{
    private const uint Nop = 0xbf800000, Branch = 0xbf820000;

    /// <summary>Copies the code object and changes instructions.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="toChange">Which of the kernel's instructions.</param>
    /// <param name="mutation">What becomes of them.</param>
    public MutatedKernel(KernelVariant variant, Func<IReadOnlyList<Instruction>, IEnumerable<Instruction>> toChange, Mutation mutation = Mutation.Delete)
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

        foreach (var instruction in toChange(instructions))
        {
            var replacement = mutation == Mutation.Delete ? Nop : Branch | (ushort)instruction.Immediate;
            for (var word = 0; word < instruction.Words; word++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(MemoryMarshal.AsMemory(code).Span[(instruction.Address + 4 * word)..], replacement);
            }

            Changed++;
        }

        var folder = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "quickreduce", "gfx942"));
        File.WriteAllBytes(Path.Combine(folder.FullName, Path.GetFileName(source)), file);
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("quickreduce-mutated-").FullName;

    /// <summary>Number of instructions that were changed.</summary>
    public int Changed { get; }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
