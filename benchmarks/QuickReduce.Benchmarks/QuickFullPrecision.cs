using System.Runtime.InteropServices;
using QuickReduce.Codecs;

namespace QuickReduce.Benchmarks;

/// <summary>The full-precision sum: traffic in gigabytes per second, beside that of copying.</summary>
internal sealed unsafe class QuickFullPrecision : IQuickSuite
{
    public string Name => "fp";

    public void Run(TextWriter output)
    {
        output.WriteLine("GB/s read and written (2·N·S bytes), one thread, messages of S bytes on each of N ranks");
        output.WriteLine(Quick.Head("", "in place", "to others", "streamed", "copy"));
        foreach (var type in SpecializationRules.DataTypes)
        {
            foreach (var worldSize in new[] { 2, 3, 4, 8 })
            {
                foreach (var size in new[] { 64 << 10, 32 << 20 })
                {
                    output.WriteLine(Measure(type, worldSize, size));
                }
            }
        }
    }

    private static string Measure(DataType type, int worldSize, int size)
    {
        var total = (nuint)size * (nuint)worldSize;
        var memory = (byte*)NativeMemory.AlignedAlloc(2 * total, 4096);
        // Neighbouring ranks cancel out: reducing again and again in place would otherwise end in infinity. In pairs of
        // these, and in single ones, every type finds ordinary numbers.
        var halvesPerRank = (nuint)size / sizeof(ushort);
        for (nuint i = 0; i < 2 * total / sizeof(ushort); i++)
        {
            ((ushort*)memory)[i] = (ushort)((0x3000 + i % halvesPerRank % 977) | (i / halvesPerRank % 2) << 15);
        }

        var inputs = (byte**)NativeMemory.Alloc((nuint)(worldSize * sizeof(byte*)));
        var outputs = (byte**)NativeMemory.Alloc((nuint)(worldSize * sizeof(byte*)));
        for (var rank = 0; rank < worldSize; rank++)
        {
            inputs[rank] = memory + (nuint)rank * (nuint)size;
            outputs[rank] = memory + total + (nuint)rank * (nuint)size;
        }

        var elements = size / WireFormat.SizeOf(type);
        var traffic = 2 * total / 1e9;
        var toOthers = traffic / Quick.MedianSeconds(() => FullPrecision.Sum(type, inputs, outputs, worldSize, elements, nonTemporal: false));
        var streamed = traffic / Quick.MedianSeconds(() => FullPrecision.Sum(type, inputs, outputs, worldSize, elements, nonTemporal: true));
        var inPlace = traffic / Quick.MedianSeconds(() => FullPrecision.Sum(type, inputs, inputs, worldSize, elements, nonTemporal: false));
        var copy = traffic / Quick.MedianSeconds(() => Buffer.MemoryCopy(memory, memory + total, total, total));
        NativeMemory.AlignedFree(memory);
        NativeMemory.Free(inputs);
        NativeMemory.Free(outputs);
        return Quick.Row(
            KernelVariant.NameOf(type) + " N=" + worldSize + " S=" + (size >> 10) + " KB",
            inPlace,
            toOthers,
            streamed,
            copy);
    }
}
