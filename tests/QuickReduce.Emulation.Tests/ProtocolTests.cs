using QuickReduce.Accuracy;
using QuickReduce.Emulation.Trials;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Emulation.Tests;

/// <summary>
/// What the flag protocol has to stand: many schedules, calls of mixed sizes, graph replays, few resident blocks, ranks that
/// share a device, results in place of messages, and the numbers of a real model.
/// </summary>
public class ProtocolTests
{
    private static readonly KernelVariant[] OfEveryAlgorithm =
    [
        new(DataType.Float16, QuantRegime.Int4, 4),
        new(DataType.BFloat16, QuantRegime.Int6, 3, AllReduceAlgorithm.OneShot),
        new(DataType.Float32, QuantRegime.FP, 2, AllReduceAlgorithm.Direct),
    ];

    public static TheoryData<string> Kernels => [.. OfEveryAlgorithm.Select(static variant => variant.KernelName)];

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Kernels))]
    public void ManySchedulesGiveTheSameBits(string kernel)
    {
        const int Seeds = 20;
        var trial = Trial(kernel);
        Parallel.For(0, Seeds, seed => EqualityTests.RequireIdentical(trial, 100 + (ulong)seed));
    }

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Kernels))]
    public void CallsOfMixedSizesInARowAndAsAGraph(string kernel)
    {
        // One tile, four, one, four, and none: what a layout that depends on the size would not stand.
        var variant = Variant(kernel);
        var tile = new KernelGeometry(variant).ElementsPerTile;
        var trial = new AllReduceTrial(EmulatedKernels.Kernels, variant, AppContext.BaseDirectory)
        {
            Sizes = [tile, 4 * tile - 1, 5, 4 * tile - 1, 0, 1],
            MaxBlocks = 3,
            Replays = 3,
        };
        EqualityTests.RequireIdentical(trial, seed: 7);
    }

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Kernels))]
    public void OneBlockOfEachRankIsEnough(string kernel)
    {
        var variant = Variant(kernel);
        var trial = new AllReduceTrial(EmulatedKernels.Kernels, variant, AppContext.BaseDirectory)
        {
            Sizes = [5 * new KernelGeometry(variant).ElementsPerTile + 9],
            Machine = new EmulationOptions { Skew = true, WeakMemory = true, ComputeUnits = 1, MaxResidentBlocks = 1 },
            MaxBlocks = 1,
            InPlace = true,
        };
        EqualityTests.RequireIdentical(trial, seed: 8);
    }

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Kernels))]
    public void RanksThatShareADevice(string kernel)
    {
        var trial = new AllReduceTrial(EmulatedKernels.Kernels, Variant(kernel), AppContext.BaseDirectory) { SharesDevice = true, Replays = 1 };
        EqualityTests.RequireIdentical(trial, seed: 9);
    }

    [RequiresProgramsFact("clang++-22")]
    public void BlocksThatAreNotResidentTogetherAreALivelock()
    {
        // The run time would not launch it: what it is asked for here is to believe in more room than there is.
        var variant = OfEveryAlgorithm[0];
        var trial = new AllReduceTrial(EmulatedKernels.Kernels, variant, AppContext.BaseDirectory)
        {
            Sizes = [2 * new KernelGeometry(variant).ElementsPerTile],
            Machine = new EmulationOptions { MaxResidentBlocks = 3, LivelockInstructions = 500_000, LivelockGrace = TimeSpan.Zero },
            SharesDevice = true,
            MaxBlocks = 1,
        };
        var report = trial.Run(1);
        Assert.Equal(EmulationProblem.Livelock, report.Problem);
        Assert.Contains("not resident", report.Finding);
    }

    [RequiresProgramsTheory("clang++-22")]
    [InlineData("gfx942")]
    [InlineData("gfx950")]
    public void ThePartialSumsOfARealModel(string architecture)
    {
        const int Most = 20_000;
        var tensor = SafeTensors.Read(Path.Combine(AppContext.BaseDirectory, "data", "partials-tp8.safetensors")).Values.First();
        var elements = tensor.AsHalf().ToArray();
        var count = elements.Length / 8;
        byte[][] messages = [.. Enumerable.Range(0, 8).Select(rank =>
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(elements.AsSpan(rank * count, int.Min(count, Most))).ToArray())];
        foreach (var algorithm in new[] { AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot })
        {
            var variant = new KernelVariant(DataType.Float16, QuantRegime.Int4, 8, algorithm);
            var trial = new AllReduceTrial(EmulatedKernels.Kernels, variant, AppContext.BaseDirectory)
            {
                Messages = messages,
                Machine = new EmulationOptions { Skew = true, WeakMemory = true, Architecture = architecture },
                MaxBlocks = 2,
            };
            EqualityTests.RequireIdentical(trial, seed: 10);
        }
    }

    [RequiresProgramsFact("clang++-22")]
    public void TheSameSeedGivesTheSameRun()
    {
        var trial = Trial(OfEveryAlgorithm[1].KernelName);
        var first = trial.Run(5);
        Assert.Equal(first, trial.Run(5));
        Assert.NotEqual(first.Instructions, trial.Run(6).Instructions);
    }

    private static AllReduceTrial Trial(string kernel)
    {
        var variant = Variant(kernel);
        return new AllReduceTrial(EmulatedKernels.Kernels, variant, AppContext.BaseDirectory)
        {
            Sizes = [new KernelGeometry(variant).ElementsPerTile + 100, 100, 3000],
            MaxBlocks = 2,
        };
    }

    private static KernelVariant Variant(string kernel) => EmulatedKernels.Kernels.Variants.Single(variant => variant.KernelName == kernel);
}
