using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace QuickReduce.Accuracy.Tests;

public class SafeTensorsTests
{
    [Fact]
    public void ReadsTensorsAndSkipsMetadata()
    {
        var file = FileOf("""{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]},"empty":{"dtype":"BF16","shape":[0,7],"data_offsets":[4,4]}}""", [0, 0x3C, 0, 0x40]);
        var tensors = SafeTensors.Parse(file, "test");

        Assert.Equal(2, tensors.Count);
        Assert.Equal([2L, 1L], tensors["x"].Shape);
        Assert.Equal([(Half)1, (Half)2], tensors["x"].AsHalf().ToArray());
        Assert.Throws<InvalidDataException>(() => tensors["empty"].AsHalf().Length);
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F16","shape":[2],"data_offsets":[0,6]}}""", "claims bytes 0 to 6 of 4")]
    [InlineData("""{"x":{"dtype":"F16","shape":[2],"data_offsets":[4,0]}}""", "claims bytes 4 to 0")]
    [InlineData("""{"x":{"dtype":"F16","shape":[2],"data_offsets":[-4,0]}}""", "lacks")]
    [InlineData("""{"x":{"dtype":"F16","shape":[3],"data_offsets":[0,4]}}""", "takes 6 bytes, and 4 are given")]
    [InlineData("""{"x":{"dtype":"F16","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}""", "an unknown number of bytes")]
    [InlineData("""{"x":{"dtype":"F17","shape":[2],"data_offsets":[0,4]}}""", "an unknown number of bytes")]
    [InlineData("""{"x":{"dtype":"F16","shape":[2.5],"data_offsets":[0,4]}}""", "lacks")]
    [InlineData("""{"x":{"dtype":"F16","shape":[2]}}""", "lacks")]
    [InlineData("""{"x":7}""", "lacks")]
    [InlineData("""[1]""", "no JSON object")]
    [InlineData("""{"x":""", "not JSON")]
    public void SaysWhatIsWrongWithAHeader(string header, string complaint)
    {
        var exception = Assert.Throws<InvalidDataException>(() => SafeTensors.Parse(FileOf(header, new byte[4]), "bad.safetensors"));

        Assert.Contains("'bad.safetensors'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(7, 0UL)]
    [InlineData(8, 1UL)]
    [InlineData(100, 200UL)]
    [InlineData(100, ulong.MaxValue)]
    public void RefusesHeadersLongerThanTheFile(int fileBytes, ulong headerBytes)
    {
        var file = new byte[fileBytes];
        if (fileBytes >= sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(file, headerBytes);
        }

        Assert.Throws<InvalidDataException>(() => SafeTensors.Parse(file, "short"));
    }

    private static byte[] FileOf(string header, byte[] data)
    {
        var bytes = Encoding.UTF8.GetBytes(header);
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)bytes.Length);
        return [.. length, .. bytes, .. data];
    }
}
