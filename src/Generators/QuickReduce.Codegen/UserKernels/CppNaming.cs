using System.Text;

namespace QuickReduce.Codegen;

/// <summary>How names of C# look in templates and kernels.</summary>
public static class CppNaming
{
    private static readonly HashSet<string> Reserved = new(
        ("alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl const constexpr "
        + "const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern false float for friend "
        + "goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register "
        + "reinterpret_cast return short signed sizeof static static_assert static_cast struct switch template this thread_local throw "
        + "true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq "
        + "GPU GLOBAL DEVICE KERNEL EXPORT UNROLL KEEP_LOOP LANES_AT_ONCE BLOCK_LANES WAVE_LANES FOR_EACH_LANE IN_LANE "
        + "Arguments Word Real WordPair RealPair HalfPair Octet PerLane Conversion float16 bfloat16 "
        + "i8 u8 i16 u16 i32 u32 i64 u64 run").Split(' '),
        StringComparer.Ordinal);

    /// <summary><c>hiddenSize</c> as <c>hidden_size</c>: variables of templates, fields of <c>Arguments</c>.</summary>
    public static string Snake(string name)
    {
        name = name.TrimStart('@');
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = i > 0 && char.IsUpper(name[i]) && name[i - 1] != '_'
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            text.Append(startsWord ? "_" : string.Empty).Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary><c>hiddenSize</c> as <c>HIDDEN_SIZE</c>: constants of kernels.</summary>
    public static string Constant(string name) => Snake(name).ToUpperInvariant();

    /// <summary>Whether a kernel cannot use a name since C++ or the primitives have it already.</summary>
    public static bool IsReserved(string name) => Reserved.Contains(name);

    /// <summary>Text as a part of a kernel's name: letters, digits and underscores.</summary>
    internal static string Label(string text)
    {
        var label = new StringBuilder();
        foreach (var character in Snake(text))
        {
            label.Append(character is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_' ? character : '_');
        }

        return label.ToString();
    }
}
