namespace System;

/// <summary>
/// What list patterns are compiled to, which netstandard2.0 does not have. PolySharp would bring it, but writes several
/// types in an order that differs from run to run.
/// </summary>
/// <param name="value">Distance from the start or the end.</param>
/// <param name="fromEnd">Whether it is the distance from the end.</param>
internal readonly struct Index(int value, bool fromEnd = false)
{
    /// <summary>Offset from the start in something of the given length.</summary>
    public int GetOffset(int length) => fromEnd ? length - value : value;

    /// <summary>A distance from the start.</summary>
    public static implicit operator Index(int value) => new(value);
}
