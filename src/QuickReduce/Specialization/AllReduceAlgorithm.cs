#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>How the ranks of an all-reduce share the work.</summary>
public enum AllReduceAlgorithm
{
    /// <summary>
    /// Every rank reduces one part of the message and sends the sum to the others: each element crosses a link twice,
    /// quantised twice. For large messages.
    /// </summary>
    TwoShot = 0,

    /// <summary>
    /// Every rank sends its whole message to every other, each element together with its flag, and reduces all of it:
    /// one hop, quantised once. For small messages.
    /// </summary>
    OneShot = 1,

    /// <summary>
    /// Every rank reads its part of all ranks' inputs where they lie and writes the sum into all ranks' outputs: each
    /// element crosses a link twice, and nothing is copied in between. In full precision, for ranks that can address
    /// each other's tensors, as the GPUs of one process can.
    /// </summary>
    Direct = 2,
}
