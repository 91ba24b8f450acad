namespace QuickReduce.Emulation.Tests;

/// <summary>The code objects that the build placed beside the tests.</summary>
internal static class CodeObjectFiles
{
    public static string PathOf(string architecture, string unit) => Path.Combine(AppContext.BaseDirectory, "quickreduce", architecture, unit + ".hsaco");

    public static string PathOf(KernelVariant variant, string architecture = "gfx942") => PathOf(architecture, EmulatedKernels.Kernels.Name + "." + variant.UnitName);
}
