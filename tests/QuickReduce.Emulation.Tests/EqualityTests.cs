using QuickReduce.Emulation.Trials;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Emulation.Tests;

/// <summary>
/// Every kernel's gfx942 code, executed, against the managed backend, bit for bit: with stalls and weak memory, calls of
/// sizes that take different paths through the code one after the other, any bits as numbers.
/// </summary>
public class EqualityTests
{
    public static TheoryData<string> Variants
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var variant in EmulatedKernels.Kernels.Variants)
            {
                data.Add(variant.KernelName);
            }

            return data;
        }
    }

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Variants))]
    public void EveryVariantHasTheBitsOfTheManagedBackend(string kernel)
    {
        var variant = EmulatedKernels.Kernels.Variants.Single(variant => variant.KernelName == kernel);
        var tile = new KernelGeometry(variant).ElementsPerTile;
        var trial = new AllReduceTrial(EmulatedKernels.Kernels, variant, AppContext.BaseDirectory)
        {
            Sizes = [1, tile + 4099, 33, tile, 2049],
            MaxBlocks = 2,
        };
        RequireIdentical(trial, seed: 1);
    }

    internal static void RequireIdentical(AllReduceTrial trial, ulong seed)
    {
        var report = trial.Run(seed);
        Assert.True(report.Outcome == TrialOutcome.Identical, report.ToString());
        Assert.InRange(report.Instructions, 1000, long.MaxValue);
    }
}
