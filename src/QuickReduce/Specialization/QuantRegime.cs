#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// How elements travel between ranks. The names are those of QuickReduce
/// (vLLM pull request 16804, <c>VLLM_ROCM_QR_QUANT_REGIME</c>); the wire formats are described bit by bit in
/// <c>docs/numerics.md</c>.
/// </summary>
public enum QuantRegime
{
    /// <summary>Full precision: elements travel unchanged, 16 bits each.</summary>
    FP = 0,

    /// <summary>Eight-bit codes, one 16-bit scale per 32 elements: 8.5 bits per element.</summary>
    Int8 = 1,

    /// <summary>Six-bit codes, one 16-bit scale per 32 elements: 6.5 bits per element.</summary>
    Int6 = 2,

    /// <summary>Four-bit codes, one 16-bit scale per 32 elements: 4.5 bits per element.</summary>
    Int4 = 3,
}
