using QuickReduce;

// The ceiling is measured with code of the same compiler, loaded in the same way, as the kernels.
[assembly: KernelSource(QuickReduce.Gpu.PlainKernels.UnitName, QuickReduce.Gpu.PlainKernels.Text)]

namespace QuickReduce.Gpu;

/// <summary>QuickReduce's own set in all algorithms, and the same types in every number of ranks: what is measured.</summary>
[AllReduceKernels(Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(Regimes = [QuantRegime.FP], Algorithms = [AllReduceAlgorithm.Direct])]
[AllReduceKernels(DataTypes = [DataType.Float32], Regimes = [QuantRegime.FP], Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot, AllReduceAlgorithm.Direct])]
public partial class GpuKernels;

/// <summary>The other values of every axis, each with a few of the other axes.</summary>
[AllReduceKernels(
    Regimes = [QuantRegime.Int2, QuantRegime.Int3, QuantRegime.Int5, QuantRegime.Int7],
    WorldSizes = [2],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.Int4],
    WorldSizes = [2, 4],
    GroupSizes = [16, 64, 128],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.BFloat16],
    Regimes = [QuantRegime.FP, QuantRegime.Int6],
    WorldSizes = [3, 5, 6, 7],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(DataTypes = [DataType.BFloat16], Regimes = [QuantRegime.FP], WorldSizes = [3, 5, 6, 7], Algorithms = [AllReduceAlgorithm.Direct])]
[AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP], WorldSizes = [2, 3, 8], AtomsPerThread = [4, 16], Algorithms = [AllReduceAlgorithm.Direct])]
public partial class WideKernels;

/// <summary>Groups and scales of four-bit codes, to be measured against each other, and shared exponents of all other widths.</summary>
[AllReduceKernels(
    Regimes = [QuantRegime.Int4],
    WorldSizes = [2, 4, 8],
    GroupSizes = [16, 32],
    ScaleFormats = [ScaleFormat.BFloat16, ScaleFormat.SharedExponent],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    Regimes = [QuantRegime.Int2, QuantRegime.Int3, QuantRegime.Int5, QuantRegime.Int6, QuantRegime.Int7, QuantRegime.Int8],
    WorldSizes = [2],
    GroupSizes = [16],
    ScaleFormats = [ScaleFormat.SharedExponent],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
public partial class FormatKernels;

/// <summary>Small blocks, and few rows in two-shot's tiles.</summary>
[AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP, QuantRegime.Int4], WorldSizes = [2], BlockSizes = [128], AtomsPerThread = [2])]
[AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP, QuantRegime.Int4], WorldSizes = [2], BlockSizes = [128], AtomsPerThread = [4], Algorithms = [AllReduceAlgorithm.OneShot])]
public partial class SmallBlockKernels;

/// <summary>Large blocks, and many rows in two-shot's tiles.</summary>
[AllReduceKernels(DataTypes = [DataType.BFloat16], Regimes = [QuantRegime.FP, QuantRegime.Int8], WorldSizes = [2], BlockSizes = [512], AtomsPerThread = [32])]
[AllReduceKernels(DataTypes = [DataType.BFloat16], Regimes = [QuantRegime.FP, QuantRegime.Int8], WorldSizes = [2], BlockSizes = [512], Algorithms = [AllReduceAlgorithm.OneShot])]
public partial class LargeBlockKernels;

/// <summary>All of them, to be verified.</summary>
internal static class KernelSets
{
    public static IReadOnlyList<KernelSet> All { get; } = [GpuKernels.Kernels, WideKernels.Kernels, FormatKernels.Kernels, SmallBlockKernels.Kernels, LargeBlockKernels.Kernels];
}

/// <summary>Kernels to compare with: a plain copy, and one that does nothing.</summary>
internal static class PlainKernels
{
    public const string UnitName = "QuickReduce.Gpu.PlainKernels";

    public const string CopyName = "copy_atoms";

    public const string EmptyName = "do_nothing";

    public const int ThreadsPerBlock = 256;

    /// <summary>Bytes that one block copies: four times 16 for each thread.</summary>
    public const int BytesPerBlock = ThreadsPerBlock * 4 * 16;

    /// <summary>As many bytes as an all-reduce's arguments have.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential, Size = 40)]
    public struct Arguments;

    public const string Text = """
        typedef unsigned int u32;
        typedef unsigned long long u64;
        typedef u32 Words4 __attribute__((ext_vector_type(4)));
        #define GLOBAL __attribute__((address_space(1)))
        #if defined(__AMDGCN__) || defined(__NVPTX__)
        #define KERNEL extern "C" __attribute__((global, launch_bounds(256)))

        #if defined(__NVPTX__)
        __attribute__((device)) inline u32 thread_index() { return __nvvm_read_ptx_sreg_tid_x(); }
        __attribute__((device)) inline u32 block_index() { return __nvvm_read_ptx_sreg_ctaid_x(); }
        __attribute__((device)) inline Words4 load(const GLOBAL Words4* p) {
          u32 a, b, c, d;
          asm volatile("ld.global.cs.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "l"(p));
          return Words4{a, b, c, d};
        }
        __attribute__((device)) inline void store(GLOBAL Words4* p, Words4 v) {
          asm volatile("st.global.cs.v4.u32 [%0], {%1,%2,%3,%4};" ::"l"(p), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w) : "memory");
        }
        #else
        __attribute__((device)) inline u32 thread_index() { return __builtin_amdgcn_workitem_id_x(); }
        __attribute__((device)) inline u32 block_index() { return __builtin_amdgcn_workgroup_id_x(); }
        __attribute__((device)) inline Words4 load(const GLOBAL Words4* p) { return __builtin_nontemporal_load(p); }
        __attribute__((device)) inline void store(GLOBAL Words4* p, Words4 v) { __builtin_nontemporal_store(v, p); }
        #endif

        KERNEL void copy_atoms(const GLOBAL Words4* input, GLOBAL Words4* output) {
          const u64 first = (u64)block_index() * 1024 + thread_index();
          Words4 atoms[4];
        #pragma unroll
          for (u32 i = 0; i < 4; ++i) atoms[i] = load(input + first + 256 * i);
        #pragma unroll
          for (u32 i = 0; i < 4; ++i) store(output + first + 256 * i, atoms[i]);
        }

        struct Arguments { u64 words[5]; };
        KERNEL void do_nothing(Arguments) {}
        #endif
        """;
}
