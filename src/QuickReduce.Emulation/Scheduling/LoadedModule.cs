using QuickReduce.Emulation.CodeObjects;
using QuickReduce.Emulation.Instructions;
using QuickReduce.Emulation.Memory;

namespace QuickReduce.Emulation.Scheduling;

/// <summary>A kernel of a module on a device.</summary>
internal sealed record LoadedKernel(LoadedModule Module, KernelDescription Description, KernelDescriptor Descriptor, int Entry)
{
    public string Name => Description.Name;

    /// <summary>Address in device memory of the code that program counters are relative to.</summary>
    public ulong CodeAddress => Module.Base + Module.CodeStart;

    /// <summary>
    /// Workgroups of a size that fit on a compute unit of MI300 at the same time, by vector registers (512 for each lane of
    /// each of four SIMDs), waves (8 for each SIMD) and LDS (64 KiB).
    /// </summary>
    public int BlocksPerComputeUnit(int blockSize)
    {
        const int Simds = 4, WavesPerSimd = 8, RegistersPerLane = 512, LdsBytes = 65536;
        var wavesPerBlock = (blockSize + 63) / 64;
        var waves = Simds * int.Min(WavesPerSimd, RegistersPerLane / Descriptor.VectorRegisters);
        var byLds = Descriptor.GroupSegmentBytes == 0 ? int.MaxValue : LdsBytes / Descriptor.GroupSegmentBytes;
        return int.Min(waves / wavesPerBlock, byLds);
    }
}

/// <summary>A code object in device memory, with its instructions as far as they were decoded.</summary>
internal sealed unsafe class LoadedModule
{
    private readonly CodeObject _codeObject;
    private readonly ReadOnlyMemory<byte> _code;
    private readonly Instruction?[] _instructions;
    private readonly Dictionary<string, LoadedKernel> _kernels = new(StringComparer.Ordinal);

    public LoadedModule(CodeObject codeObject, AddressSpace space, int device, string name)
    {
        _codeObject = codeObject;
        Device = device;
        var segments = codeObject.Image.Segments;
        if (codeObject.Kernels.Count == 0)
        {
            throw new CodeObjectException("it has no kernel");
        }

        var code = segments.Find(segment => codeObject.Kernels.Values.Any(kernel => EntryOf(kernel, out _) - segment.Address < segment.MemoryBytes));
        CodeStart = code.Address;
        _code = code.FileBytes;
        _instructions = new Instruction?[_code.Length / 4];
        Allocation = space.Allocate(device, segments.Max(static segment => segment.Address + segment.MemoryBytes), name);
        foreach (var segment in segments)
        {
            segment.FileBytes.Span.CopyTo(new Span<byte>(Allocation.Data + segment.Address, segment.FileBytes.Length));
            new Span<byte>(Allocation.Defined + segment.Address, checked((int)segment.MemoryBytes)).Fill(1);
        }
    }

    public int Device { get; }

    public Allocation Allocation { get; }

    public ulong Base => Allocation.Address;

    /// <summary>Where the code begins within the image.</summary>
    public ulong CodeStart { get; }

    public IEnumerable<string> KernelNames => _codeObject.Kernels.Keys;

    /// <summary>A variable's address and size; null where there is none.</summary>
    public (ulong Address, ulong Bytes)? Variable(string name) =>
        _codeObject.Image.Symbols.TryGetValue(name, out var symbol) ? (Base + symbol.Address, symbol.Bytes) : null;

    /// <summary>A kernel, all of whose instructions are known; null where there is none of that name.</summary>
    /// <exception cref="CodeObjectException">It needs something that is not modelled.</exception>
    /// <exception cref="UnknownInstructionException">One of its instructions is not known.</exception>
    public LoadedKernel? Kernel(string name)
    {
        if (_kernels.TryGetValue(name, out var loaded))
        {
            return loaded;
        }

        if (!_codeObject.Kernels.TryGetValue(name, out var description))
        {
            return null;
        }

        var entry = (int)long.Clamp((long)(EntryOf(description, out var descriptor) - CodeStart), -1, int.MaxValue);
        var end = entry + (_codeObject.Image.Symbols.TryGetValue(name, out var symbol) ? (long)symbol.Bytes : 4);
        for (var address = entry; address < end;)
        {
            address += 4 * (At(address)?.Words ?? throw new CodeObjectException("the code of " + name + " ends beyond the file"));
        }

        loaded = new LoadedKernel(this, description, descriptor, entry);
        _kernels.Add(name, loaded);
        return loaded;
    }

    /// <summary>The instruction at an address of the code; null outside of it.</summary>
    /// <exception cref="UnknownInstructionException">It is not known.</exception>
    public Instruction? At(int address)
    {
        var index = address >> 2;
        if ((uint)index >= (uint)_instructions.Length || (address & 3) != 0)
        {
            return null;
        }

        return _instructions[index] ??= Decoder.Decode(_code.Span, address, _codeObject.Processor);
    }

    private ulong EntryOf(KernelDescription kernel, out KernelDescriptor descriptor)
    {
        try
        {
            descriptor = new KernelDescriptor(_codeObject.At(kernel.DescriptorAddress, KernelDescriptor.Bytes).Span);
        }
        catch (CodeObjectException problem)
        {
            throw new CodeObjectException(kernel.Name + ": " + problem.Message);
        }

        return kernel.DescriptorAddress + (ulong)descriptor.EntryOffset;
    }
}
