namespace QuickReduce.Build.Tests;

/// <summary>Small sources for the tests.</summary>
internal static class SampleKernels
{
    /// <summary>Compiles for every target and has something to round, to vectorise and to link.</summary>
    public const string Scale =
        """
        typedef _Float16 half8 __attribute__((ext_vector_type(8)));

        #if defined(__AMDGCN__)
        #define KERNEL extern "C" __attribute__((global))
        #define LANE __builtin_amdgcn_workitem_id_x()
        #elif defined(__NVPTX__)
        #define KERNEL extern "C" __attribute__((global))
        #define LANE __nvvm_read_ptx_sreg_tid_x()
        #else
        #define KERNEL extern "C" __attribute__((visibility("default")))
        #define LANE 0
        #endif

        KERNEL void scale(half8* data, float factor)
        {
            data[LANE] = data[LANE] * (_Float16)factor + (_Float16)1;
        }

        """;
}
