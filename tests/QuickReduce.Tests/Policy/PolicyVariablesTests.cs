using Xunit;

namespace QuickReduce.Tests.Policy;

/// <summary>What the environment says, and what it may not say.</summary>
public sealed class PolicyVariablesTests
{
    private const long MiB = 1L << 20;

    [Theory]
    [InlineData("NONE", QuantRegime.FP, 0)]
    [InlineData("fp", QuantRegime.FP, 0)]
    [InlineData("INT8", QuantRegime.Int8, 32)]
    [InlineData("Int6", QuantRegime.Int6, 32)]
    [InlineData("int4", QuantRegime.Int4, 32)]
    [InlineData(" INT3 ", QuantRegime.Int3, 32)]
    [InlineData("int4_group16", QuantRegime.Int4, 16)]
    [InlineData("INT8_GROUP128", QuantRegime.Int8, 128)]
    public void RegimesAreNamedInAnyCase(string text, QuantRegime regime, int groupSize)
    {
        foreach (var name in new[] { "QUICKREDUCE_REGIME", "VLLM_ROCM_QUICK_REDUCE_QUANTIZATION", "VLLM_ROCM_QR_QUANT_REGIME" })
        {
            Assert.Equal(new AllReduceMode(regime, groupSize), Read((name, text)).Regime);
        }
    }

    [Fact]
    public void OursWinAndThenTheLaterOfTheOriginals()
    {
        var first = ("VLLM_ROCM_QR_QUANT_REGIME", "INT8");
        var later = ("VLLM_ROCM_QUICK_REDUCE_QUANTIZATION", "INT6");
        var ours = ("QUICKREDUCE_REGIME", "INT4");
        Assert.Equal(QuantRegime.Int8, Read(first).Regime?.Regime);
        Assert.Equal(QuantRegime.Int6, Read(first, later).Regime?.Regime);
        Assert.Equal(QuantRegime.Int4, Read(first, later, ours).Regime?.Regime);
        Assert.Equal(QuantRegime.Int6, Read(first, later, ("QUICKREDUCE_REGIME", "")).Regime?.Regime);

        // What is overruled cannot do harm.
        Assert.Equal(QuantRegime.Int4, Read(("VLLM_ROCM_QR_QUANT_REGIME", "nonsense"), ours).Regime?.Regime);
    }

    [Fact]
    public void AnEmptyEnvironmentSaysNothing() => Assert.Equal(new AllReducePolicy(), Read());

    [Fact]
    public void CodeWinsOverTheEnvironment()
    {
        var policy = Read(("QUICKREDUCE_REGIME", "INT4"), ("QUICKREDUCE_MIN_SNR_DB", "20")) with { Regime = QuantRegime.Int8 };
        var decision = policy.Explain(64 * MiB, DataType.Float16, 4);
        Assert.Equal(QuantRegime.Int8, decision.Mode.Regime);
        Assert.Contains(decision.Reasons, reason => reason is { Source: PolicySource.Option, Name: "AllReducePolicy.Regime" });
        Assert.Equal(20, policy.MinSnrDb);
    }

    [Fact]
    public void SizesHaveUnits()
    {
        var ours = Read(("QUICKREDUCE_MIN_SIZE", "2M"), ("QUICKREDUCE_QUANTIZATION_MIN_SIZE", "64 KiB"), ("QUICKREDUCE_MAX_SIZE", "1gb"), ("QUICKREDUCE_ONE_SHOT_MAX_SIZE", "4096"));
        Assert.Equal((2 * MiB, 64 * 1024, 1024 * MiB, 4096), (ours.MinBytes, ours.QuantizationMinBytes, ours.MaxBytes, ours.OneShotMaxBytes));
        var theirs = Read(
            ("VLLM_ROCM_QUICK_REDUCE_MIN_SIZE_BYTES_MB", "2"), ("VLLM_ROCM_QUICK_REDUCE_QUANTIZATION_MIN_SIZE_KB", "64"), ("VLLM_ROCM_QUICK_REDUCE_MAX_SIZE_BYTES_MB", "1024"));
        Assert.Equal((2 * MiB, 64 * 1024, 1024 * MiB), (theirs.MinBytes, theirs.QuantizationMinBytes, theirs.MaxBytes));
    }

    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    [InlineData("False", false)]
    [InlineData("TRUE", true)]
    public void TheCastIsASwitch(string text, bool value)
    {
        foreach (var name in new[] { "QUICKREDUCE_CAST_BF16_TO_FP16", "VLLM_ROCM_QUICK_REDUCE_CAST_BF16_TO_FP16", "VLLM_ROCM_QR_CAST_BF16_TO_FP16" })
        {
            Assert.Equal(value, Read((name, text)).CastBFloat16ToFloat16);
        }
    }

    [Theory]
    [InlineData("two-shot", AllReduceAlgorithm.TwoShot)]
    [InlineData("ONE_SHOT", AllReduceAlgorithm.OneShot)]
    [InlineData("direct", AllReduceAlgorithm.Direct)]
    public void AlgorithmsAreNamedInAnyCase(string text, AllReduceAlgorithm algorithm) =>
        Assert.Equal(algorithm, Read(("QUICKREDUCE_ALGORITHM", text)).Algorithm);

    [Theory]
    [InlineData("QUICKREDUCE_REGIME", "INT44", "there are NONE, FP, INT8, INT7, INT6, INT5, INT4, INT3, INT2, INT8_GROUP16", "The nearest is INT4.")]
    [InlineData("VLLM_ROCM_QR_QUANT_REGIME", "FP8", "'FP8' is no regime", "The nearest is FP.")]
    [InlineData("VLLM_ROCM_QUICK_REDUCE_QUANTIZATION", "int_6", "'int_6' is no regime", "The nearest is INT6.")]
    [InlineData("QUICKREDUCE_ALGORITHM", "oneshot", "there are two-shot, one-shot, direct", "The nearest is one-shot.")]
    [InlineData("QUICKREDUCE_CAST_BF16_TO_FP16", "yes", "there are 0, 1, false, true", "The nearest is")]
    [InlineData("QUICKREDUCE_MIN_SIZE", "2 MiBs", "is not a number of bytes, as in 4096, 64K, 2M or 1G", "QUICKREDUCE_MIN_SIZE")]
    [InlineData("QUICKREDUCE_MIN_SIZE", "-1", "is not a number of bytes", "'-1'")]
    [InlineData("QUICKREDUCE_MIN_SIZE", "99999999999G", "is not a number of bytes", "G")]
    [InlineData("QUICKREDUCE_MAX_SIZE", "0", "at least 1", "0")]
    [InlineData("VLLM_ROCM_QUICK_REDUCE_MAX_SIZE_BYTES_MB", "0", "at least 1", "whole number of MiB")]
    [InlineData("VLLM_ROCM_QUICK_REDUCE_MAX_SIZE_BYTES_MB", "2M", "whole number of MiB", "'2M'")]
    [InlineData("VLLM_ROCM_QUICK_REDUCE_QUANTIZATION_MIN_SIZE_KB", "9223372036854775807", "whole number of KiB", "KB")]
    [InlineData("QUICKREDUCE_MIN_SNR_DB", "NaN", "is not a number of dB", "NaN")]
    [InlineData("QUICKREDUCE_MIN_SNR_DB", "twenty", "is not a number of dB", "twenty")]
    public void ValuesThatThereAreNotAreRefused(string name, string text, string message, string more)
    {
        var refused = Assert.Throws<PolicyException>(() => Read((name, text)));
        Assert.Equal((name, text), (refused.Setting, refused.Value));
        Assert.StartsWith(name + ": ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains(more, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AProfileThatIsNotThereIsRefused() => Assert.Equal(
        TuningProfileProblem.NotReadable, Assert.Throws<TuningProfileException>(() => Read(("QUICKREDUCE_PROFILE", "/no/such/profile.json"))).Problem);

    [Fact]
    public void ImpossibleOptionsAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllReducePolicy { Regime = new AllReduceMode(QuantRegime.Int4, 33) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllReducePolicy { Regime = (QuantRegime)1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllReducePolicy { Algorithm = (AllReduceAlgorithm)7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllReducePolicy { MinBytes = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllReducePolicy { QuantizationMinBytes = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllReducePolicy { OneShotMaxBytes = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllReducePolicy { MaxBytes = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllReducePolicy { MinSnrDb = double.NaN });
    }

    private static AllReducePolicy Read(params (string Name, string Text)[] variables) =>
        AllReducePolicy.FromEnvironment(name => variables.FirstOrDefault(variable => variable.Name == name).Text);
}
