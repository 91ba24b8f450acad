namespace QuickReduce.CodecKernels;

/// <summary>
/// Every quantised regime's codec alone, rendered from <c>codec_alone.scriban</c> in the place of two-shot: rank 0 encodes a
/// message, rank 1 decodes what came of it. No all-reduces, and not to be called as such.
/// </summary>
[AllReduceKernels(
    Regimes = [QuantRegime.Int2, QuantRegime.Int3, QuantRegime.Int4, QuantRegime.Int5, QuantRegime.Int6, QuantRegime.Int7, QuantRegime.Int8],
    WorldSizes = [2],
    AtomsPerThread = [2])]
[AllReduceKernels(
    Regimes = [QuantRegime.Int3, QuantRegime.Int4, QuantRegime.Int5],
    WorldSizes = [2],
    GroupSizes = [16],
    ScaleFormats = [ScaleFormat.SharedExponent],
    AtomsPerThread = [2])]
public partial class CodecKernels;
