using QuickReduce.Tests.Collectives;
using Xunit;

namespace QuickReduce.Tests.Devices;

/// <summary>Compares the host device with the managed one, for any kernel set and the directory of its libraries.</summary>
public static class DeviceAgreement
{
    private static readonly int[] Sizes = [0, 1, 31, 32, 33, 2047, 2048, 2049, 16383, 16384, 16385, 49_152, 200_003];

    /// <summary>Asserts that both devices give the same bits for every variant, at many sizes, on arbitrary input.</summary>
    public static async Task AssertHostEqualsManaged(KernelSet kernels, string libraryDirectory)
    {
        foreach (var variant in kernels.Variants)
        {
            using var managed = AllReduceGroup.Create(kernels, variant.WorldSize, new GroupOptions { Device = DeviceKind.Managed });
            using var host = AllReduceGroup.Create(kernels, variant.WorldSize, new GroupOptions { Device = DeviceKind.Host, LibraryDirectory = libraryDirectory });
            foreach (var size in Sizes)
            {
                var inputs = Messages.Random(variant.DataType, variant.WorldSize, size, seed: size);
                var expected = Messages.AllReduceAtOnce(managed, variant.DataType, variant.Regime, inputs);
                ushort[][][] actual =
                [
                    await Messages.AllReducePerRank(host, variant.DataType, variant.Regime, inputs),
                    await Messages.AllReducePerRank(host, variant.DataType, variant.Regime, inputs, inPlace: true),
                    Messages.AllReduceAtOnce(host, variant.DataType, variant.Regime, inputs),
                ];
                foreach (var outputs in actual)
                {
                    for (var rank = 0; rank < variant.WorldSize; rank++)
                    {
                        var same = expected[rank].AsSpan().CommonPrefixLength(outputs[rank]);
                        Assert.True(same == size, variant + ", " + size + " elements: host and managed differ at element " + same + " of rank " + rank + ".");
                    }
                }
            }
        }
    }
}
