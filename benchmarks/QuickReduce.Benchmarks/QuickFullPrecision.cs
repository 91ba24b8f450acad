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
        output.WriteLine(Quick.Head("", "in place", "streamed", "copy"));
        foreach (var type in Enum.GetValues<DataType>())
        {
            foreach (var worldSize in new[] { 2, 4, 8 })
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
        new Span<byte>(memory, size).Clear();
        for (nuint i = 0; i < 2 * total / sizeof(ushort); i++)
        {
            ((ushort*)memory)[i] = (ushort)(0x3000 + i % 977);
        }

        var messages = (ushort**)NativeMemory.Alloc((nuint)(worldSize * sizeof(ushort*)));
        for (var rank = 0; rank < worldSize; rank++)
        {
            messages[rank] = (ushort*)(memory + (nuint)rank * (nuint)size);
        }

        var elements = size / sizeof(ushort);
        var traffic = 2 * total / 1e9;
        var row = Quick.Row(
            KernelVariant.NameOf(type) + " N=" + worldSize + " S=" + (size >> 10) + " KB",
            traffic / Quick.MedianSeconds(() => FullPrecision.Sum(type, messages, messages, worldSize, elements, nonTemporal: false)),
            traffic / Quick.MedianSeconds(() => FullPrecision.Sum(type, messages, messages, worldSize, elements, nonTemporal: true)),
            traffic / Quick.MedianSeconds(() => Buffer.MemoryCopy(memory, memory + total, total, total)));
        NativeMemory.AlignedFree(memory);
        NativeMemory.Free(messages);
        return row;
    }
}
