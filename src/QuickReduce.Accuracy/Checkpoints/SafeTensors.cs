using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace QuickReduce.Accuracy;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType">Element type as the format names it, for example <c>F16</c>.</param>
/// <param name="Shape">Length of every dimension, outermost first.</param>
/// <param name="Bytes">The elements, little-endian, last dimension contiguous.</param>
public sealed record SafeTensor(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The elements as 16-bit floats.</summary>
    /// <exception cref="InvalidDataException">The tensor holds another type.</exception>
    public ReadOnlySpan<Half> AsHalf() => DataType == "F16"
        ? MemoryMarshal.Cast<byte, Half>(Bytes.Span)
        : throw new InvalidDataException("Tensor '" + Name + "' holds " + DataType + ", not F16.");

    /// <summary>The elements in single precision, of a tensor of 16- or 32-bit floats.</summary>
    /// <exception cref="InvalidDataException">The tensor holds another type.</exception>
    public float[] ToSingle()
    {
        switch (DataType)
        {
            case "F16":
                var halves = AsHalf();
                var widened = new float[halves.Length];
                TensorPrimitives.ConvertToSingle(halves, widened);
                return widened;
            case "BF16":
                return [.. MemoryMarshal.Cast<byte, BFloat16>(Bytes.Span).ToArray().Select(static element => (float)element)];
            case "F32":
                return MemoryMarshal.Cast<byte, float>(Bytes.Span).ToArray();
            default:
                throw new InvalidDataException("Tensor '" + Name + "' holds " + DataType + ", not F16, BF16 or F32.");
        }
    }
}

/// <summary>
/// Reads the safetensors format: eight bytes with the length of a JSON header, the header with type, shape and place of
/// every tensor, then the data.
/// </summary>
public static class SafeTensors
{
    private const int LengthBytes = sizeof(ulong);

    // The limit of the format's own reader.
    private const ulong MaxHeaderBytes = 100_000_000;

    /// <summary>Reads a file into memory.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its tensors by name.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is not a well-formed safetensors file; the message says where.</exception>
    public static IReadOnlyDictionary<string, SafeTensor> Read(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>Reads a file that is in memory already.</summary>
    /// <param name="file">Its bytes; the tensors refer to them.</param>
    /// <param name="name">What messages call it.</param>
    /// <returns>Its tensors by name.</returns>
    /// <exception cref="InvalidDataException">It is not a well-formed safetensors file; the message says where.</exception>
    public static IReadOnlyDictionary<string, SafeTensor> Parse(ReadOnlyMemory<byte> file, string name)
    {
        if (file.Length < LengthBytes)
        {
            throw Malformed(name, "it has " + file.Length + " bytes, too few for the length of a header");
        }

        var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(file.Span);
        if (headerBytes > MaxHeaderBytes || headerBytes > (ulong)(file.Length - LengthBytes))
        {
            throw Malformed(name, "its header claims " + headerBytes + " bytes, and " + (file.Length - LengthBytes) + " follow");
        }

        var data = file[(LengthBytes + (int)headerBytes)..];
        JsonDocument header;
        try
        {
            header = JsonDocument.Parse(file.Slice(LengthBytes, (int)headerBytes));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("'" + name + "' is not a safetensors file: its header is not JSON: " + exception.Message, exception);
        }

        using (header)
        {
            if (header.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Malformed(name, "its header is no JSON object");
            }

            var tensors = new Dictionary<string, SafeTensor>(StringComparer.Ordinal);
            foreach (var entry in header.RootElement.EnumerateObject())
            {
                if (entry.Name != "__metadata__" && !tensors.TryAdd(entry.Name, ParseTensor(entry, data, name)))
                {
                    throw Malformed(name, "it holds tensor '" + entry.Name + "' twice");
                }
            }

            return tensors;
        }
    }

    private static SafeTensor ParseTensor(JsonProperty entry, ReadOnlyMemory<byte> data, string file)
    {
        if (entry.Value.ValueKind != JsonValueKind.Object
            || !entry.Value.TryGetProperty("dtype", out var dataType) || dataType.ValueKind != JsonValueKind.String
            || !entry.Value.TryGetProperty("shape", out var shapeElement) || !TryReadNumbers(shapeElement, out var shape)
            || !entry.Value.TryGetProperty("data_offsets", out var offsetsElement) || !TryReadNumbers(offsetsElement, out var offsets)
            || offsets.Length != 2)
        {
            throw Malformed(file, "tensor '" + entry.Name + "' lacks a dtype, a shape or two data_offsets");
        }

        var (begin, end) = (offsets[0], offsets[1]);
        if (begin > end || end > data.Length)
        {
            throw Malformed(file, "tensor '" + entry.Name + "' claims bytes " + begin + " to " + end + " of " + data.Length);
        }

        var type = dataType.GetString()!;
        var expected = ByteCount(type, shape);
        if (expected != end - begin)
        {
            throw Malformed(file, "tensor '" + entry.Name + "' of " + type + " [" + string.Join(", ", shape) + "] takes " + (expected?.ToString() ?? "an unknown number of") + " bytes, and " + (end - begin) + " are given");
        }

        return new SafeTensor(entry.Name, type, shape, data[(int)begin..(int)end]);
    }

    private static bool TryReadNumbers(JsonElement element, out long[] numbers)
    {
        numbers = element.ValueKind == JsonValueKind.Array ? new long[element.GetArrayLength()] : [];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (element[i].ValueKind != JsonValueKind.Number || !element[i].TryGetInt64(out numbers[i]) || numbers[i] < 0)
            {
                return false;
            }
        }

        return element.ValueKind == JsonValueKind.Array;
    }

    /// <summary>Bytes of a tensor; null for a type that is not known or a size that no file has.</summary>
    private static long? ByteCount(string dataType, long[] shape)
    {
        Int128 bytes = dataType switch
        {
            "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
            "U16" or "I16" or "F16" or "BF16" => 2,
            "U32" or "I32" or "F32" => 4,
            "U64" or "I64" or "F64" => 8,
            _ => 0,
        };
        if (bytes == 0)
        {
            return null;
        }

        foreach (var length in shape)
        {
            bytes *= length;
            if (bytes > long.MaxValue)
            {
                return null;
            }
        }

        return (long)bytes;
    }

    private static InvalidDataException Malformed(string file, string what) => new("'" + file + "' is not a safetensors file: " + what + ".");
}
