namespace QuickReduce.Codegen;

/// <summary>One HIP source file: the kernels of one data type and regime, for every declared world size.</summary>
/// <param name="Name">File name without extension, unique in an assembly: <c>My.App.LlamaCollectives.float16_int4</c>.</param>
/// <param name="DataType">Element type of all kernels in the unit.</param>
/// <param name="Regime">Wire format of all kernels in the unit.</param>
/// <param name="Variants">The kernels, by world size.</param>
/// <param name="SourceId">
/// Sixteen hexadecimal digits that change whenever the rendered text may change; compiled into the kernels and into
/// the bindings, so that a stale library is refused at run time.
/// </param>
public sealed record TranslationUnit(
    string Name,
    DataType DataType,
    QuantRegime Regime,
    EquatableArray<KernelVariant> Variants,
    string SourceId);
