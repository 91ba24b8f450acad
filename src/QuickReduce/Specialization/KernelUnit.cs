namespace QuickReduce;

/// <summary>A translation unit of generated kernels: what one native library is compiled from.</summary>
/// <param name="Name">
/// Name of the unit and, without extension, of its files: the kernel set's name, a dot, and the
/// <see cref="KernelVariant.UnitName"/> of the variants in it; for example <c>My.App.LlamaCollectives.float16_int4</c>.
/// </param>
/// <param name="SourceId">Sixteen characters that identify the unit's source text; a compiled library carries the same.</param>
public sealed record KernelUnit(string Name, string SourceId);
