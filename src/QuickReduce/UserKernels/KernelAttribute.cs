namespace QuickReduce;

/// <summary>
/// Makes a static partial method the launcher of kernels of your own. Its template is rendered once for each
/// combination of the values that <see cref="KernelAxisAttribute"/> declares, compiled by the build for every target,
/// and called with the method's arguments.
/// </summary>
/// <remarks>
/// The method returns nothing. Its parameters are buffers (<see cref="ReadOnlySpan{T}"/> and <see cref="Span{T}"/> of
/// numbers), numbers and <see langword="bool"/>, axes, and at most one <see cref="KernelLaunchOptions"/>; one integer is
/// marked with <see cref="KernelGridAttribute"/>. What a template sees and may use: <c>docs/templates.md</c>.
/// </remarks>
/// <param name="template">
/// Path of the template in the project, with <c>/</c>, or the end of it: <c>kernels/fused_rms_norm.scriban</c>. Files
/// named <c>*.scriban</c> are found by themselves.
/// </param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelAttribute(string template) : Attribute
{
    /// <summary>Path of the template in the project, or the end of it.</summary>
    public string Template { get; } = template;

    /// <summary>
    /// Most vector registers that a kernel may need on an AMD GPU, 1 to 512; 0 for any number. More fails the build, at this
    /// attribute (<c>docs/kernel-reports.md</c>).
    /// </summary>
    public int MaxVgprs { get; set; }

    /// <summary>Whether a kernel that spills vector registers or uses scratch memory on an AMD GPU fails the build.</summary>
    public bool NoSpills { get; set; }

    /// <summary>Fewest waves per SIMD that a kernel must leave room for on an AMD GPU, 1 to 8; 0 for any number.</summary>
    public int MinOccupancy { get; set; }
}
