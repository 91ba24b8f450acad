using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace QuickReduce;

public readonly partial struct BFloat16
{
    private const NumberStyles DefaultStyle = NumberStyles.Float | NumberStyles.AllowThousands;

    /// <summary>Parses a number in the style that <see cref="double.Parse(string)"/> takes, and rounds what that gives.</summary>
    /// <exception cref="FormatException"><paramref name="s"/> is not a number.</exception>
    public static BFloat16 Parse(string s) => Parse(s, null);

    /// <inheritdoc cref="Parse(string)"/>
    public static BFloat16 Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc cref="Parse(string)"/>
    public static BFloat16 Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s, DefaultStyle, provider);

    /// <inheritdoc cref="Parse(string)"/>
    public static BFloat16 Parse(ReadOnlySpan<char> s, NumberStyles style, IFormatProvider? provider = null) =>
        (BFloat16)double.Parse(s, style, provider);

    /// <summary>Parses a number, or says that it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, out BFloat16 result) => TryParse(s, null, out result);

    /// <inheritdoc cref="TryParse(string?, out BFloat16)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out BFloat16 result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, out BFloat16)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out BFloat16 result) =>
        TryParse(s, DefaultStyle, provider, out result);

    /// <inheritdoc cref="TryParse(string?, out BFloat16)"/>
    public static bool TryParse(ReadOnlySpan<char> s, NumberStyles style, IFormatProvider? provider, out BFloat16 result)
    {
        var isNumber = double.TryParse(s, style, provider, out var value);
        result = (BFloat16)value;
        return isNumber;
    }

    /// <summary>The shortest text of the value in single precision; parsing it gives the value back.</summary>
    public override string ToString() => ((float)this).ToString();

    /// <inheritdoc cref="ToString()"/>
    public string ToString(IFormatProvider? formatProvider) => ((float)this).ToString(formatProvider);

    /// <inheritdoc/>
    public string ToString([StringSyntax(StringSyntaxAttribute.NumericFormat)] string? format, IFormatProvider? formatProvider = null) =>
        ((float)this).ToString(format, formatProvider);

    /// <inheritdoc/>
    public bool TryFormat(
        Span<char> destination,
        out int charsWritten,
        [StringSyntax(StringSyntaxAttribute.NumericFormat)] ReadOnlySpan<char> format = default,
        IFormatProvider? provider = null) =>
        ((float)this).TryFormat(destination, out charsWritten, format, provider);

    /// <inheritdoc/>
    public bool TryFormat(
        Span<byte> utf8Destination,
        out int bytesWritten,
        [StringSyntax(StringSyntaxAttribute.NumericFormat)] ReadOnlySpan<char> format = default,
        IFormatProvider? provider = null) =>
        ((float)this).TryFormat(utf8Destination, out bytesWritten, format, provider);
}
