using System.Globalization;

namespace QuickReduce.Collectives;

/// <summary>What one rank asks for in one all-reduce. Its pointers are pinned for as long as the call lasts.</summary>
internal unsafe struct RankRequest
{
    /// <summary>Stands for an element type for which there are no kernels.</summary>
    public const DataType UnsupportedType = (DataType)(-1);

    public ushort* Input;
    public ushort* Output;
    public nint InputLength;
    public nint OutputLength;
    public DataType DataType;
    public QuantRegime Regime;
    public int ElementBytes;

    public static RankRequest Of<T>(QuantRegime regime, T* input, int inputLength, T* output, int outputLength)
        where T : unmanaged => new()
        {
            Input = (ushort*)input,
            Output = (ushort*)output,
            InputLength = inputLength,
            OutputLength = outputLength,
            DataType = typeof(T) == typeof(Half) ? DataType.Float16 : typeof(T) == typeof(BFloat16) ? DataType.BFloat16 : UnsupportedType,
            Regime = regime,
            ElementBytes = sizeof(T),
        };

    /// <summary>For messages: <c>4096 elements of float16, Int4</c>.</summary>
    public readonly string Describe()
    {
        var type = DataType == UnsupportedType
            ? "an unsupported type of " + ElementBytes.ToString(CultureInfo.InvariantCulture) + " bytes"
            : KernelVariant.NameOf(DataType);
        return InputLength.ToString(CultureInfo.InvariantCulture) + " elements of " + type + ", " + Regime;
    }
}
