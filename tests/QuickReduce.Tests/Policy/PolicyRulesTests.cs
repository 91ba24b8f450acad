using CsCheck;
using QuickReduce.Policy;
using QuickReduce.Tests.Collectives;
using Xunit;

namespace QuickReduce.Tests.Policy;

/// <summary>What a policy chooses, and what it says about it. No device is needed.</summary>
public sealed class PolicyRulesTests
{
    private const long MiB = 1L << 20;

    private static readonly AllReducePolicy Int4 = new() { Regime = QuantRegime.Int4 };

    /// <summary>No size, type, number of ranks or regime falls into a hole: there is always a decision, and it is a declared kernel.</summary>
    [Fact]
    public void ThereIsAlwaysADecision()
    {
        var sizes = Gen.OneOf(Gen.Long[0, 1L << 33], Gen.Int[0, 33].Select(Gen.Int[-2, 2], static (shift, offset) => long.Max(0, (1L << shift) + offset)));
        var regimes = SpecializationRules.Modes.Select(static mode => (AllReduceMode?)mode);
        Gen.Select(sizes, OneOf([.. SpecializationRules.DataTypes]), Gen.Int[2, 8], OneOf([null, .. regimes]), Gen.Bool).Sample((bytes, type, worldSize, regime, cast) =>
        {
            var policy = new AllReducePolicy { Regime = regime, CastBFloat16ToFloat16 = cast };
            var decision = policy.Explain(bytes, type, worldSize, TestKernels.Everything);
            Assert.True(TestKernels.Everything.Contains(decision.Variant));
            Assert.Equal((type, worldSize), (decision.Variant.DataType, decision.Variant.WorldSize));
            Assert.True(decision.Mode.Regime == QuantRegime.FP || decision.Mode == regime);
            Assert.NotEmpty(decision.Reasons);
        });
    }

    /// <summary>What calls look up is what the rules say, at every size.</summary>
    [Fact]
    public void TheTableAgreesWithTheRules()
    {
        var limits = Gen.OneOf(Gen.Const((long?)null), Gen.Long[0, 4 * MiB].Select(static limit => (long?)limit));
        Gen.Select(limits, limits, limits, OneOf<double?>([null, 10, 20, 25, 44]), Gen.Bool, Gen.Long[0, 64 * MiB].Array[50]).Sample((minimum, quantization, oneShot, floor, measured, sizes) =>
        {
            var policy = new AllReducePolicy
            {
                Regime = measured ? null : QuantRegime.Int4,
                MinBytes = minimum,
                QuantizationMinBytes = quantization,
                OneShotMaxBytes = oneShot,
                MinSnrDb = floor,
                Profile = Profile(
                    Entry(QuantRegime.Int4, AllReduceAlgorithm.OneShot, 1000, 3 * MiB, 10),
                    Entry(QuantRegime.FP, AllReduceAlgorithm.TwoShot, 2 * MiB, 5 * MiB, 5),
                    Entry(QuantRegime.Int6, AllReduceAlgorithm.TwoShot, 4 * MiB, long.MaxValue, 4)),
            };
            var table = Table(policy, TestKernels.Everything);
            foreach (var bytes in sizes.Concat([0, 999, 1000, 2 * MiB - 1, 2 * MiB, 3 * MiB, 3 * MiB + 1, 5 * MiB, 5 * MiB + 1]))
            {
                var expected = policy.Explain(bytes, DataType.Float16, 4, TestKernels.Everything).Variant;
                Assert.Equal(expected, table.Variant(table.Find(DataType.Float16, bytes)));
                Assert.Equal(expected.Mode, table.Mode(DataType.Float16, bytes));
            }
        }, iter: 100);
    }

    [Fact]
    public void ThePublishedMinimumDecides()
    {
        foreach (var published in PublishedMinimumSizes.All.Where(static size => size.Regime != QuantRegime.FP))
        {
            var policy = new AllReducePolicy { Regime = published.Regime, CastBFloat16ToFloat16 = false };
            Assert.Equal(QuantRegime.FP, policy.Explain(published.Bytes - 1, published.DataType, published.WorldSize).Mode.Regime);
            var decision = policy.Explain(published.Bytes, published.DataType, published.WorldSize);
            Assert.Equal(published.Regime, decision.Mode.Regime);
            Assert.Contains(decision.Reasons, static reason => reason.Source == PolicySource.PublishedTable && reason.Name == PublishedMinimumSizes.Source);
        }
    }

    /// <summary>With the cast, as the original has it by default, bfloat16 is judged by float16's figures; the type stays what it is.</summary>
    [Fact]
    public void TheCastChoosesWhoseFiguresHold()
    {
        Assert.Equal(QuantRegime.Int4, Int4.Explain(2 * MiB, DataType.BFloat16, 8).Mode.Regime);
        Assert.Equal(DataType.BFloat16, Int4.Explain(2 * MiB, DataType.BFloat16, 8).Variant.DataType);
        Assert.Equal(QuantRegime.FP, (Int4 with { CastBFloat16ToFloat16 = false }).Explain(2 * MiB, DataType.BFloat16, 8).Mode.Regime);
    }

    [Theory]
    [InlineData(3, QuantRegime.Int4, 4, QuantRegime.Int4)]
    [InlineData(5, QuantRegime.Int6, 8, QuantRegime.Int6)]
    [InlineData(4, QuantRegime.Int5, 4, QuantRegime.Int6)]
    [InlineData(2, QuantRegime.Int7, 2, QuantRegime.Int8)]
    [InlineData(7, QuantRegime.Int2, 8, QuantRegime.Int3)]
    public void WhatWasNotPublishedHasItsNeighboursFigure(int worldSize, QuantRegime regime, int publishedWorldSize, QuantRegime publishedRegime)
    {
        var published = PublishedMinimumSizes.Of(DataType.Float16, worldSize, regime);
        Assert.Equal((publishedWorldSize, publishedRegime), (published.WorldSize, published.Regime));
        Assert.Throws<ArgumentException>(() => PublishedMinimumSizes.Of(DataType.Float32, worldSize, regime));
    }

    [Fact]
    public void ThresholdsOfTheUserWin()
    {
        var policy = Int4 with { MinBytes = 1000 };
        Assert.Equal(QuantRegime.FP, policy.Explain(999, DataType.Float16, 4).Mode.Regime);
        Assert.Equal(QuantRegime.Int4, policy.Explain(1000, DataType.Float16, 4).Mode.Regime);
        policy = policy with { QuantizationMinBytes = 5000 };
        Assert.Equal(QuantRegime.FP, policy.Explain(4999, DataType.Float16, 4).Mode.Regime);
        Assert.Equal(QuantRegime.Int4, policy.Explain(5000, DataType.Float16, 4).Mode.Regime);

        // Without a minimum of one's own both it and the published one have to be reached.
        Assert.Equal(QuantRegime.FP, (Int4 with { QuantizationMinBytes = 5000 }).Explain(5000, DataType.Float16, 4).Mode.Regime);
        Assert.Equal(QuantRegime.FP, (Int4 with { QuantizationMinBytes = 4 * MiB }).Explain(2 * MiB, DataType.Float16, 4).Mode.Regime);
    }

    [Fact]
    public void Float32TravelsInFullPrecision() => Assert.Equal(QuantRegime.FP, Int4.Explain(64 * MiB, DataType.Float32, 4).Mode.Regime);

    [Fact]
    public void WithoutFullPrecisionThereIsNoThreshold()
    {
        var kernels = TestKernels.Of("My.Kernels", [new KernelVariant(DataType.Float16, QuantRegime.Int4, 4)]);
        var decision = Int4.Explain(1000, DataType.Float16, 4, kernels);
        Assert.Equal(QuantRegime.Int4, decision.Mode.Regime);
        Assert.Contains(decision.Reasons, static reason => reason is { Source: PolicySource.Declaration, Name: "My.Kernels" });
    }

    [Theory]
    [InlineData(QuantRegime.Int8, "Int8 (AllReducePolicy.Regime)")]
    [InlineData(QuantRegime.FP, "FP (AllReducePolicy.Regime)")]
    [InlineData(null, "full precision, which is what messages get where no regime is asked for")]
    public void WhatIsNotDeclaredIsRefusedWhenTheGroupIsCreated(QuantRegime? regime, string asked)
    {
        var kernels = TestKernels.Of("My.Kernels", [new KernelVariant(DataType.Float16, QuantRegime.Int4, 2), new KernelVariant(DataType.Float16, QuantRegime.Int6, 2)]);
        var policy = new AllReducePolicy { Regime = regime is { } given ? given : null };
        var refused = Assert.Throws<VariantNotDeclaredException>(() => AllReduceGroup.Create(kernels, 2, new GroupOptions { Policy = policy }));
        Assert.Contains("My.Kernels has for float16 and 2 ranks no kernel for what the policy asks for, " + asked + ": it declares Int4, Int6.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Add it to its [AllReduceKernels] attribute", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAlgorithmThatIsAskedForMustBeDeclared()
    {
        var refused = Assert.Throws<VariantNotDeclaredException>(() => AllReduceGroup.Create(TestKernels.Default, 4, new GroupOptions { Policy = Int4, Algorithm = AllReduceAlgorithm.OneShot }));
        Assert.Contains("OneShot (GroupOptions.Algorithm)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(AllReduceAlgorithm.TwoShot, (Int4 with { Algorithm = AllReduceAlgorithm.TwoShot }).Explain(10, DataType.Float16, 4).Algorithm);
    }

    [Theory]
    [InlineData(18, QuantRegime.Int4)]
    [InlineData(20, QuantRegime.Int5)]
    [InlineData(31, QuantRegime.Int7)]
    [InlineData(60, QuantRegime.FP)]
    public void BelowTheFloorAWiderRegimeIsChosen(double floor, QuantRegime regime)
    {
        var kernels = TestKernels.Of("K", [.. SpecializationRules.Regimes.Select(static regime => new KernelVariant(DataType.Float16, regime, 4))]);
        var decision = (Int4 with { MinSnrDb = floor, MinBytes = 0 }).Explain(64 * MiB, DataType.Float16, 4, kernels);
        Assert.Equal(regime, decision.Mode.Regime);
        Assert.True(NominalAccuracy.SnrDb(decision.Mode, decision.Algorithm) >= floor);
        Assert.Equal(regime != QuantRegime.Int4, decision.Reasons.Any(static reason => reason.Name == "AllReducePolicy.MinSnrDb"));
    }

    /// <summary>Groups of 16 that share exponents have the bytes of groups of 32 and keep more.</summary>
    [Fact]
    public void BelowTheFloorAMoreExactModeOfTheSameLengthIsChosen()
    {
        var shared = new AllReduceMode(QuantRegime.Int4, 16, ScaleFormat.SharedExponent);
        var kernels = TestKernels.Of("K", [.. new AllReduceMode[] { QuantRegime.FP, QuantRegime.Int5, QuantRegime.Int4, shared }.Select(static mode => new KernelVariant(DataType.Float16, mode, 4))]);
        Assert.Equal(shared, (Int4 with { MinSnrDb = 19, MinBytes = 0 }).Explain(64 * MiB, DataType.Float16, 4, kernels).Mode);
        Assert.Equal(QuantRegime.Int4, (Int4 with { MinSnrDb = 18, MinBytes = 0 }).Explain(64 * MiB, DataType.Float16, 4, kernels).Mode);
    }

    [Fact]
    public void AFloorThatNothingDeclaredKeepsIsRefused()
    {
        var kernels = TestKernels.Of("My.Kernels", [new KernelVariant(DataType.Float16, QuantRegime.Int4, 2)]);
        var refused = Assert.Throws<VariantNotDeclaredException>(() => AllReduceGroup.Create(kernels, 2, new GroupOptions { Policy = Int4 with { MinSnrDb = 30 } }));
        Assert.Contains("the accuracy floor of 30 dB (AllReducePolicy.MinSnrDb): it declares Int4.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneShotIsMoreExactAndPassesAHigherFloor()
    {
        var policy = Int4 with { MinSnrDb = 20, MinBytes = 0, OneShotMaxBytes = 1000 };
        Assert.Equal(QuantRegime.Int4, policy.Explain(1000, DataType.Float16, 4, TestKernels.Everything).Mode.Regime);
        Assert.Equal(QuantRegime.Int5, policy.Explain(1001, DataType.Float16, 4, TestKernels.Everything).Mode.Regime);
    }

    [Fact]
    public void WithoutARegimeTheProfileDecides()
    {
        var policy = new AllReducePolicy
        {
            Profile = Profile(
                Entry(QuantRegime.FP, AllReduceAlgorithm.OneShot, 0, MiB, 5),
                Entry(QuantRegime.Int8, AllReduceAlgorithm.TwoShot, 0, MiB, 6),
                Entry(QuantRegime.FP, AllReduceAlgorithm.TwoShot, MiB + 1, 8 * MiB, 30),
                Entry(QuantRegime.Int8, AllReduceAlgorithm.TwoShot, MiB + 1, 8 * MiB, 20)),
        };
        Assert.Equal((QuantRegime.FP, AllReduceAlgorithm.OneShot), Choice(policy, MiB));
        Assert.Equal((QuantRegime.Int8, AllReduceAlgorithm.TwoShot), Choice(policy, MiB + 1));
        Assert.Equal(QuantRegime.FP, Choice(policy, 8 * MiB + 1).Regime);
        Assert.Equal((QuantRegime.FP, AllReduceAlgorithm.TwoShot), Choice(policy with { MinSnrDb = 43 }, MiB + 1));
        Assert.Equal((QuantRegime.FP, AllReduceAlgorithm.TwoShot), Choice(policy with { QuantizationMinBytes = 2 * MiB }, MiB + 1));
    }

    [Fact]
    public void WithARegimeTheProfileSaysFromWhereItPaysAndHow()
    {
        var policy = Int4 with
        {
            Profile = Profile(
                Entry(QuantRegime.FP, AllReduceAlgorithm.OneShot, 0, MiB, 5),
                Entry(QuantRegime.Int4, AllReduceAlgorithm.OneShot, 0, MiB, 5),
                Entry(QuantRegime.Int8, AllReduceAlgorithm.TwoShot, 0, MiB, 1),
                Entry(QuantRegime.FP, AllReduceAlgorithm.TwoShot, MiB + 1, 8 * MiB, 30),
                Entry(QuantRegime.Int4, AllReduceAlgorithm.OneShot, MiB + 1, 8 * MiB, 20)),
        };
        Assert.Equal((QuantRegime.FP, AllReduceAlgorithm.OneShot), Choice(policy, MiB));
        Assert.Equal((QuantRegime.Int4, AllReduceAlgorithm.OneShot), Choice(policy, MiB + 1));
        Assert.Equal((QuantRegime.Int4, AllReduceAlgorithm.TwoShot), Choice(policy, 8 * MiB + 1));
        Assert.Equal((QuantRegime.Int4, AllReduceAlgorithm.TwoShot), Choice(policy with { Algorithm = AllReduceAlgorithm.TwoShot }, 4 * MiB));
        Assert.Equal((QuantRegime.Int4, AllReduceAlgorithm.OneShot), Choice(policy with { MinBytes = 0 }, 1));
    }

    /// <summary>What was measured counts for accuracy, too, and a profile's own floor holds unless another is asked for.</summary>
    [Fact]
    public void TheProfilesFloorHolds()
    {
        var profile = Profile(Entry(QuantRegime.Int4, AllReduceAlgorithm.TwoShot, 0, 64 * MiB, 20) with { SnrDb = 17 });
        var policy = Int4 with { Profile = profile with { MinSnrDb = 18 }, MinBytes = 0 };
        Assert.Equal(new AllReduceMode(QuantRegime.Int4, 16, ScaleFormat.SharedExponent), Mode(policy, 32 * MiB));
        Assert.Equal(QuantRegime.Int4, Mode(policy, 65 * MiB));
        Assert.Equal(QuantRegime.Int4, Mode(policy with { MinSnrDb = 0 }, 32 * MiB));

        static AllReduceMode Mode(AllReducePolicy policy, long bytes) => policy.Explain(bytes, DataType.Float16, 4, TestKernels.Everything).Mode;
    }

    /// <summary>On devices that have a geometry, only what was measured with a declared one counts.</summary>
    [Fact]
    public void GeometryIsTheMeasuredOne()
    {
        var variant = new KernelVariant(DataType.Float16, QuantRegime.FP, 4);
        var kernels = TestKernels.Of("K", [variant, variant with { BlockSize = 512 }]);
        var fast = Entry(QuantRegime.FP, AllReduceAlgorithm.TwoShot, 0, long.MaxValue, 1) with { Device = DeviceKind.Host, Variant = variant with { BlockSize = 512 } };
        var undeclared = fast with { Variant = variant with { BlockSize = 1024 }, MedianMicroseconds = 0.5 };
        var policy = new AllReducePolicy { Profile = Profile(fast, undeclared) };
        Assert.Equal(512, policy.Explain(10, DataType.Float16, 4, kernels, DeviceKind.Host).BlockSize);
        Assert.Equal(256, policy.Explain(10, DataType.Float16, 4, kernels, DeviceKind.Cuda).BlockSize);
    }

    [Fact]
    public void AProfileOfAnotherMachineIsRefusedWhenTheGroupIsCreated()
    {
        var profile = Profile(Entry(QuantRegime.FP, AllReduceAlgorithm.TwoShot, 0, MiB, 1));
        profile = profile with { Machine = profile.Machine with { Processor = "Another Processor" } };
        var refused = Assert.Throws<TuningProfileException>(() => AllReduceGroup.Create(TestKernels.Default, 4, new GroupOptions { Policy = new AllReducePolicy { Profile = profile } }));
        Assert.Equal(TuningProfileProblem.OtherMachine, refused.Problem);
        Assert.Contains("Another Processor", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnExplanationReadsWell()
    {
        var policy = AllReducePolicy.FromEnvironment(static name => name switch { "QUICKREDUCE_REGIME" => "int4", "VLLM_ROCM_QUICK_REDUCE_MAX_SIZE_BYTES_MB" => "64", _ => null });
        Assert.Equal(
            """
            256 MiB of float16 over 4 ranks: Int4, two-shot, blocks of 256, in 4 parts of at most 64 MiB
              - Int4 is asked for (QUICKREDUCE_REGIME=int4)
              - at least the published minimum of 2 MiB (vLLM pull request 19744 (quick_all_reduce.py), measured on MI300X; INT3 as added there in 2026)
              - above 512 KiB not in one shot, where another algorithm is declared (default)
              - messages larger than 64 MiB go in parts (VLLM_ROCM_QUICK_REDUCE_MAX_SIZE_BYTES_MB=64)
            """,
            policy.Explain(256 * MiB, DataType.Float16, 4).ToString());
    }

    [Fact]
    public void QuestionsAboutImpossibleMessagesAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Int4.Explain(-1, DataType.Float16, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => Int4.Explain(1, (DataType)9, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => Int4.Explain(1, DataType.Float16, 9));
    }

    private static Gen<T> OneOf<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static (QuantRegime Regime, AllReduceAlgorithm Algorithm) Choice(AllReducePolicy policy, long bytes)
    {
        var decision = policy.Explain(bytes, DataType.Float16, 4, TestKernels.Everything);
        return (decision.Mode.Regime, decision.Algorithm);
    }

    private static PolicyTable Table(AllReducePolicy policy, KernelSet kernels) => new GroupOptions { Policy = policy }.Prepare(kernels, 4, DeviceKind.Managed);

    private static TuningProfile Profile(params TuningEntry[] entries) => new()
    {
        Machine = MachineFingerprint.Current(),
        LibraryVersion = "0.1.0",
        Created = DateTimeOffset.UnixEpoch,
        Entries = entries,
    };

    private static TuningEntry Entry(QuantRegime regime, AllReduceAlgorithm algorithm, long minBytes, long maxBytes, double time) => new()
    {
        Device = DeviceKind.Managed,
        Variant = new KernelVariant(DataType.Float16, regime, 4, algorithm),
        MinBytes = minBytes,
        MaxBytes = maxBytes,
        MedianMicroseconds = time,
    };
}
