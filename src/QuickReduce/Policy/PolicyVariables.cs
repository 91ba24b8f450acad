using System.Globalization;

namespace QuickReduce.Policy;

/// <summary>
/// The environment variables of a policy. Of several that say the same, the first that is set counts; ours come first, then
/// those of vLLM as it is, then those of the pull request that QuickReduce came to it with (16804).
/// </summary>
/// <param name="variable">Gives the value of a variable, or null.</param>
internal sealed class PolicyVariables(Func<string, string?> variable)
{
    private const long KiB = 1L << 10;
    private const long MiB = 1L << 20;
    private const string Size = "a number of bytes, as in 4096, 64K, 2M or 1G";

    private static readonly string[] Regime = ["QUICKREDUCE_REGIME", "VLLM_ROCM_QUICK_REDUCE_QUANTIZATION", "VLLM_ROCM_QR_QUANT_REGIME"];
    private static readonly string[] MinSize = ["QUICKREDUCE_MIN_SIZE", "VLLM_ROCM_QUICK_REDUCE_MIN_SIZE_BYTES_MB"];
    private static readonly string[] QuantizationMinSize = ["QUICKREDUCE_QUANTIZATION_MIN_SIZE", "VLLM_ROCM_QUICK_REDUCE_QUANTIZATION_MIN_SIZE_KB"];
    private static readonly string[] MaxSize = ["QUICKREDUCE_MAX_SIZE", "VLLM_ROCM_QUICK_REDUCE_MAX_SIZE_BYTES_MB"];
    private static readonly string[] Cast = ["QUICKREDUCE_CAST_BF16_TO_FP16", "VLLM_ROCM_QUICK_REDUCE_CAST_BF16_TO_FP16", "VLLM_ROCM_QR_CAST_BF16_TO_FP16"];
    private static readonly string[] Algorithm = ["QUICKREDUCE_ALGORITHM"];
    private static readonly string[] OneShotMaxSize = ["QUICKREDUCE_ONE_SHOT_MAX_SIZE"];
    private static readonly string[] MinSnr = ["QUICKREDUCE_MIN_SNR_DB"];
    private static readonly string[] Profile = ["QUICKREDUCE_PROFILE"];

    private static readonly KnownNames<AllReduceMode> Regimes = new("regime", [.. NamedRegimes()]);
    private static readonly KnownNames<bool> Switches = new("switch", [("0", false), ("1", true), ("false", false), ("true", true)]);
    private static readonly KnownNames<AllReduceAlgorithm> Algorithms = new(
        "algorithm", [("two-shot", AllReduceAlgorithm.TwoShot), ("one-shot", AllReduceAlgorithm.OneShot), ("direct", AllReduceAlgorithm.Direct), .. NamesInKernels()]);

    /// <summary>Every variable, for the documentation's test.</summary>
    public static IEnumerable<string> All =>
        new[] { Regime, MinSize, QuantizationMinSize, MaxSize, Cast, Algorithm, OneShotMaxSize, MinSnr, Profile }.SelectMany(static names => names);

    /// <summary>The policy that the environment asks for.</summary>
    /// <exception cref="PolicyException">A variable has a value that it cannot have.</exception>
    /// <exception cref="TuningProfileException">The profile cannot be used.</exception>
    public AllReducePolicy Read() => new()
    {
        RegimeSetting = Named(Regime, Regimes),
        MinBytesSetting = Bytes(MinSize, MiB, least: 0),
        QuantizationMinBytesSetting = Bytes(QuantizationMinSize, KiB, least: 0),
        MaxBytesSetting = Bytes(MaxSize, MiB, least: 1),
        CastSetting = Named(Cast, Switches),
        AlgorithmSetting = Named(Algorithm, Algorithms),
        OneShotMaxBytesSetting = Bytes(OneShotMaxSize, 1, least: 0),
        MinSnrDbSetting = Decibels(MinSnr),
        ProfileSetting = First(Profile) is var (name, path) ? new(TuningProfile.Load(path), PolicySource.Environment, name + "=" + path) : default,
    };

    /// <summary>NONE is the original's word for leaving the all-reduce to another library; here, for leaving it in full precision.</summary>
    private static IEnumerable<(string Name, AllReduceMode Value)> NamedRegimes()
    {
        yield return ("NONE", QuantRegime.FP);
        yield return ("FP", QuantRegime.FP);
        foreach (var mode in SpecializationRules.Modes.Where(static mode => mode.Regime != QuantRegime.FP)
            .OrderByDescending(static mode => mode == mode.Regime).ThenByDescending(static mode => mode.Regime))
        {
            yield return (KernelVariant.NameOf(mode).ToUpperInvariant(), mode);
        }
    }

    private static IEnumerable<(string Name, AllReduceAlgorithm Value)> NamesInKernels() =>
        SpecializationRules.Algorithms.Where(static algorithm => algorithm != AllReduceAlgorithm.Direct).Select(static algorithm => (KernelVariant.NameOf(algorithm), algorithm));

    private (string Name, string Text)? First(string[] names)
    {
        foreach (var name in names)
        {
            if (variable(name) is { Length: > 0 } text)
            {
                return (name, text);
            }
        }

        return null;
    }

    private PolicySetting<T> Named<T>(string[] names, KnownNames<T> values)
        where T : struct =>
        First(names) is not var (name, text) ? default
        : values.TryParse(text, out var value) ? new(value, PolicySource.Environment, name + "=" + text)
        : throw new PolicyException(name, text, name + ": " + values.Refusal(text));

    /// <summary>Ours have units of their own; the original's have one in their name.</summary>
    private PolicySetting<long> Bytes(string[] names, long unit, long least)
    {
        if (First(names) is not var (name, text))
        {
            return default;
        }

        var isOurs = name == names[0];
        var isSize = isOurs
            ? ByteSize.TryParse(text, out var bytes)
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes <= long.MaxValue / unit;
        bytes = isOurs ? bytes : bytes * unit;
        return isSize && bytes >= least
            ? new(bytes, PolicySource.Environment, name + "=" + text)
            : throw new PolicyException(
                name,
                text,
                name + ": '" + text + "' is not " + (isOurs ? Size : "a whole number of " + (unit == MiB ? "MiB" : "KiB")) + (least > 0 ? ", and at least 1." : "."));
    }

    private PolicySetting<double> Decibels(string[] names)
    {
        if (First(names) is not var (name, text))
        {
            return default;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var decibels) && double.IsFinite(decibels)
            ? new(decibels, PolicySource.Environment, name + "=" + text)
            : throw new PolicyException(name, text, name + ": '" + text + "' is not a number of dB, as in 30 or 18.5.");
    }
}
