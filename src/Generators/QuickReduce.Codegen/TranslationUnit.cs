namespace QuickReduce.Codegen;

/// <summary>One HIP source file: the kernels of one wire format, whatever their algorithm and world size.</summary>
/// <param name="Name">File name without extension, unique in an assembly: <c>My.App.LlamaCollectives.float16_int4</c>.</param>
/// <param name="Variants">
/// The kernels, at least one and in order; all have one data type, mode and block size.
/// </param>
/// <param name="SourceId">
/// Sixteen hexadecimal digits that change whenever the rendered text may change; compiled into the kernels and into
/// the bindings, so that a stale library is refused at run time.
/// </param>
public sealed record TranslationUnit(
    string Name,
    EquatableArray<KernelVariant> Variants,
    string SourceId)
{
    /// <summary>The wire format of all kernels in the unit.</summary>
    public WireFormat Wire => WireFormat.Of(Variants[0]);
}
