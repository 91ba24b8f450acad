#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>Element type of the tensors that are all-reduced. Sums are accumulated in fp32 whatever the type.</summary>
public enum DataType
{
    /// <summary>IEEE 754 binary16 (<c>System.Half</c>).</summary>
    Float16 = 0,

    /// <summary>bfloat16: the upper half of an IEEE 754 binary32 (<c>QuickReduce.BFloat16</c>).</summary>
    BFloat16 = 1,

    /// <summary>IEEE 754 binary32 (<c>System.Single</c>); travels in full precision only.</summary>
    Float32 = 2,
}
