using System.ComponentModel;

namespace QuickReduce;

/// <summary>
/// Tells the build where kernels are declared and what they may need, so that it can report a kernel that needs more at the
/// attribute that declares it. Written by the generator, not by hand.
/// </summary>
/// <param name="file">The file, relative to the project's folder where it lies below it.</param>
/// <param name="line">Line of the declaring attribute, from 1.</param>
/// <param name="column">Its column, from 1.</param>
/// <param name="kernels">One line per translation unit: its name and the names of kernels in it, separated by blanks.</param>
/// <param name="maxVgprs">Most vector registers; 0 for any number.</param>
/// <param name="noSpills">Whether spills and scratch memory are refused.</param>
/// <param name="minOccupancy">Fewest waves per SIMD; 0 for any number.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class KernelDeclarationAttribute(
    string file, int line, int column, string kernels, int maxVgprs, bool noSpills, int minOccupancy) : Attribute
{
    /// <summary>The file, relative to the project's folder where it lies below it.</summary>
    public string File { get; } = file;

    /// <summary>Line of the declaring attribute, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Its column, from 1.</summary>
    public int Column { get; } = column;

    /// <summary>One line per translation unit: its name and the names of kernels in it, separated by blanks.</summary>
    public string Kernels { get; } = kernels;

    /// <summary>Most vector registers; 0 for any number.</summary>
    public int MaxVgprs { get; } = maxVgprs;

    /// <summary>Whether spills and scratch memory are refused.</summary>
    public bool NoSpills { get; } = noSpills;

    /// <summary>Fewest waves per SIMD; 0 for any number.</summary>
    public int MinOccupancy { get; } = minOccupancy;
}
