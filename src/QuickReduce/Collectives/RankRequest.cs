using System.Globalization;
using QuickReduce.Policy;

namespace QuickReduce.Collectives;

/// <summary>What one rank asks for in one all-reduce. Its pointers are pinned for as long as the call lasts.</summary>
internal unsafe struct RankRequest
{
    /// <summary>Stands for an element type for which there are no kernels.</summary>
    public const DataType UnsupportedType = (DataType)(-1);

    public byte* Input;
    public byte* Output;
    public nint InputLength;
    public nint OutputLength;
    public DataType DataType;
    public AllReduceMode Mode;
    public int ElementBytes;

    /// <summary>Whether the call named no regime, and a policy chose <see cref="Mode"/>.</summary>
    public bool IsByPolicy;

    public static RankRequest Of<T>(AllReduceMode mode, T* input, int inputLength, T* output, int outputLength)
        where T : unmanaged => new()
        {
            Input = (byte*)input,
            Output = (byte*)output,
            InputLength = inputLength,
            OutputLength = outputLength,
            DataType = TypeOf<T>(),
            Mode = mode,
            ElementBytes = sizeof(T),
        };

    /// <summary>A request that names no regime.</summary>
    public static RankRequest Of<T>(PolicyTable policy, T* input, int inputLength, T* output, int outputLength)
        where T : unmanaged
    {
        var request = Of(policy.Mode(TypeOf<T>(), (long)inputLength * sizeof(T)), input, inputLength, output, outputLength);
        request.IsByPolicy = true;
        return request;
    }

    /// <summary>The data type of an element type, or <see cref="UnsupportedType"/>.</summary>
    public static DataType TypeOf<T>() =>
        typeof(T) == typeof(Half) ? DataType.Float16
        : typeof(T) == typeof(BFloat16) ? DataType.BFloat16
        : typeof(T) == typeof(float) ? DataType.Float32
        : UnsupportedType;

    /// <summary>Whether another request is for the same sum, apart from the memory that it is in.</summary>
    public readonly bool AsksFor(in RankRequest other) =>
        InputLength == other.InputLength && DataType == other.DataType && Mode == other.Mode && ElementBytes == other.ElementBytes && IsByPolicy == other.IsByPolicy;

    /// <summary>For messages: <c>4096 elements of float16, Int4</c>, or <c>Int4 by policy</c>.</summary>
    public readonly string Describe()
    {
        var type = DataType == UnsupportedType
            ? "an unsupported type of " + ElementBytes.ToString(CultureInfo.InvariantCulture) + " bytes"
            : KernelVariant.NameOf(DataType);
        return InputLength.ToString(CultureInfo.InvariantCulture) + " elements of " + type + ", " + Mode + (IsByPolicy ? " by policy" : string.Empty);
    }
}
