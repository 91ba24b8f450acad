#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// How elements travel between ranks. FP, INT8, INT6 and INT4 are QuickReduce's own regimes (vLLM pull request 16804,
/// <c>VLLM_ROCM_QR_QUANT_REGIME</c>); the other widths are of the same family. A quantised regime's value is the number
/// of bits of a code. The wire formats are described bit by bit in <c>docs/numerics.md</c>.
/// </summary>
public enum QuantRegime
{
    /// <summary>Full precision: elements travel unchanged.</summary>
    FP = 0,

    /// <summary>Two-bit codes, one 16-bit scale per group: 2.5 bits per element in groups of 32.</summary>
    Int2 = 2,

    /// <summary>Three-bit codes, one 16-bit scale per group: 3.5 bits per element in groups of 32.</summary>
    Int3 = 3,

    /// <summary>Four-bit codes, one 16-bit scale per group: 4.5 bits per element in groups of 32.</summary>
    Int4 = 4,

    /// <summary>Five-bit codes, one 16-bit scale per group: 5.5 bits per element in groups of 32.</summary>
    Int5 = 5,

    /// <summary>Six-bit codes, one 16-bit scale per group: 6.5 bits per element in groups of 32.</summary>
    Int6 = 6,

    /// <summary>Seven-bit codes, one 16-bit scale per group: 7.5 bits per element in groups of 32.</summary>
    Int7 = 7,

    /// <summary>Eight-bit codes, one 16-bit scale per group: 8.5 bits per element in groups of 32.</summary>
    Int8 = 8,
}
