using System.Globalization;
using QuickReduce.Policy;

namespace QuickReduce.Cli.CommandLine;

/// <summary>How the axes of the specialisation space are called on the command line and in what the tool writes.</summary>
internal static class AxisNames
{
    /// <summary><c>fp16</c>, <c>bf16</c>, <c>fp32</c>; the kernels' own names are understood too.</summary>
    public static KnownNames<DataType> DataTypes { get; } = new("data type",
    [
        ("fp16", DataType.Float16), ("bf16", DataType.BFloat16), ("fp32", DataType.Float32),
        ("float16", DataType.Float16), ("bfloat16", DataType.BFloat16), ("float32", DataType.Float32),
    ]);

    /// <summary><c>managed</c>, <c>host</c>, <c>cuda</c>, <c>hip</c>, <c>auto</c>.</summary>
    public static KnownNames<DeviceKind> Devices { get; } = new("device",
    [
        ("auto", DeviceKind.Auto), ("managed", DeviceKind.Managed), ("host", DeviceKind.Host), ("cuda", DeviceKind.Cuda), ("hip", DeviceKind.Hip),
    ]);

    /// <summary><c>two-shot</c>, <c>one-shot</c>, <c>direct</c>, in this order.</summary>
    public static KnownNames<AllReduceAlgorithm> Algorithms { get; } =
        new("algorithm", [.. SpecializationRules.Algorithms.Select(static algorithm => (NameOf(algorithm), algorithm))]);

    /// <summary>The modes that some variants have, by their names: full precision, then from the widest down, those with the usual groups first.</summary>
    public static KnownNames<AllReduceMode> ModesOf(IEnumerable<KernelVariant> variants) => new("regime",
    [
        .. variants.Select(static variant => variant.Mode).Distinct()
            .OrderByDescending(static mode => mode.Regime == QuantRegime.FP ? int.MaxValue : (int)mode.Regime).ThenByDescending(static mode => mode == mode.Regime)
            .Select(static mode => (KernelVariant.NameOf(mode), mode)),
    ]);

    /// <summary>Numbers by themselves.</summary>
    public static KnownNames<int> Numbers(string what, IEnumerable<int> numbers) =>
        new(what, [.. numbers.Select(static number => (number.ToString(CultureInfo.InvariantCulture), number))]);

    /// <summary>The name of a data type: <c>fp16</c>.</summary>
    public static string NameOf(DataType dataType) => DataTypes.NameOf(dataType);

    /// <summary>The name of an algorithm: <c>two-shot</c>.</summary>
    public static string NameOf(AllReduceAlgorithm algorithm) => KernelVariant.NameOf(algorithm).Replace('_', '-');
}
