using System.ComponentModel;

namespace QuickReduce;

/// <summary>
/// Carries the HIP source of one translation unit from the generator to the build, which reads it out of the compiled
/// assembly's metadata. Written by the generator, not by hand.
/// </summary>
/// <param name="unitName">Name of the unit; also its file name, without extension.</param>
/// <param name="text">The HIP source.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class KernelSourceAttribute(string unitName, string text) : Attribute
{
    /// <summary>Name of the unit; also its file name, without extension.</summary>
    public string UnitName { get; } = unitName;

    /// <summary>The HIP source.</summary>
    public string Text { get; } = text;
}
