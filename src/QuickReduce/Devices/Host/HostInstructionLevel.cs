using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace QuickReduce.Devices.Host;

/// <summary>The x86-64 levels that kernels are built for: which of them this machine can run.</summary>
internal static class HostInstructionLevel
{
    private const int FeatureLeaf = 1;
    private const int F16CBit = 1 << 29;

    /// <summary>Names of the levels that this machine runs, best first; empty where there are no native kernels.</summary>
    public static IReadOnlyList<string> Supported { get; } = Detect();

    private static string[] Detect()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return [];
        }

        var level3 = Avx2.IsSupported && Fma.IsSupported && Bmi1.IsSupported && Bmi2.IsSupported && Lzcnt.IsSupported
            && (X86Base.CpuId(FeatureLeaf, 0).Ecx & F16CBit) != 0;
        var level4 = level3 && Avx512F.VL.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Avx512CD.VL.IsSupported;
        return level4 ? ["x86-64-v4", "x86-64-v3"] : level3 ? ["x86-64-v3"] : [];
    }
}
