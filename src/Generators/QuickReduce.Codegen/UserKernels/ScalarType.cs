namespace QuickReduce.Codegen;

/// <summary>A type that crosses from C# to a kernel.</summary>
/// <param name="CSharp">Its name in C#, fully qualified.</param>
/// <param name="Cpp">Its name in kernels.</param>
/// <param name="Size">Its size in bytes, which is its alignment too.</param>
/// <param name="IsInteger">Whether it is an integer.</param>
public sealed record ScalarType(string CSharp, string Cpp, int Size, bool IsInteger)
{
    private static readonly ScalarType[] All =
    [
        new("bool", "bool", 1, false),
        new("sbyte", "i8", 1, true),
        new("byte", "u8", 1, true),
        new("short", "i16", 2, true),
        new("ushort", "u16", 2, true),
        new("int", "i32", 4, true),
        new("uint", "u32", 4, true),
        new("long", "i64", 8, true),
        new("ulong", "u64", 8, true),
        new("float", "float", 4, false),
        new("double", "double", 8, false),
        new("global::System.Half", "float16", 2, false),
        new("global::QuickReduce.BFloat16", "bfloat16", 2, false),
    ];

    /// <summary>Whether a kernel can be given a single value of it; 16-bit floating point is for elements of buffers.</summary>
    public bool IsNumber => Cpp is not ("float16" or "bfloat16");

    /// <summary>Whether an integer is in the type's range.</summary>
    public bool Holds(decimal value)
    {
        var isSigned = Cpp[0] == 'i';
        var bits = 8 * Size - (isSigned ? 1 : 0);
        var end = bits == 64 ? ulong.MaxValue + 1m : 1ul << bits;
        return IsInteger && value >= (isSigned ? -end : 0) && value < end;
    }

    /// <summary>The type with a name in C#; <see langword="null"/> if kernels have none for it.</summary>
    public static ScalarType? Find(string csharp) => All.FirstOrDefault(t => t.CSharp == csharp);

    /// <summary>The element type that a member of <c>QuickReduce.DataType</c> stands for; <see langword="null"/> if none.</summary>
    public static ScalarType? OfDataType(string member) => member switch
    {
        "Float16" => Find("global::System.Half"),
        "BFloat16" => Find("global::QuickReduce.BFloat16"),
        "Float32" => Find("float"),
        _ => null,
    };
}
