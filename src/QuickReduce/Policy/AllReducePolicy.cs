using System.Runtime.CompilerServices;
using QuickReduce.Policy;

namespace QuickReduce;

/// <summary>
/// How all-reduces that name no regime are done: which regime, algorithm and kernel a message gets by its type and size.
/// Given to a group by <see cref="GroupOptions.Policy"/> or <see cref="GpuGroupOptions.Policy"/>; <c>docs/policy.md</c>
/// explains the rules.
/// </summary>
/// <remarks>
/// <para>Immutable and thread-safe. What is given in code wins over the environment, whose variables win over a tuning
/// profile, which wins over the published tables and the defaults:
/// <c>AllReducePolicy.FromEnvironment() with { MinSnrDb = 30 }</c>.</para>
/// <para>A policy of <c>new()</c> reads no environment, asks for no quantisation and so chooses full precision.</para>
/// </remarks>
public sealed record AllReducePolicy
{
    /// <summary>Largest message that one launch takes where nothing else is said: 2 GiB, the original's limit.</summary>
    public const long DefaultMaxBytes = 1L << 31;

    /// <summary>The regime of messages that are large enough for it; null where nobody asks for one: then a profile decides, or full precision it is.</summary>
    /// <remarks>Smaller messages go in full precision, and <see cref="MinSnrDb"/> may call for a wider regime.</remarks>
    public AllReduceMode? Regime
    {
        get => RegimeSetting.ValueOrNull();
        init => RegimeSetting = Option(value, IsMode, "a regime, or a regime and a group size of 16, 32, 64 or 128");
    }

    /// <summary>Smallest message, in bytes per rank, that is quantised; null for the published one (<see cref="PublishedMinimumSizes"/>).</summary>
    public long? MinBytes
    {
        get => MinBytesSetting.ValueOrNull();
        init => MinBytesSetting = Option(value, IsNotNegative, "0 or more bytes");
    }

    /// <summary>Messages of fewer bytes per rank go in full precision, whatever else is said of sizes; null for no such limit.</summary>
    public long? QuantizationMinBytes
    {
        get => QuantizationMinBytesSetting.ValueOrNull();
        init => QuantizationMinBytesSetting = Option(value, IsNotNegative, "0 or more bytes");
    }

    /// <summary>
    /// Most bytes per rank that go at once; larger messages are cut into several, whose result is the same, bit for bit.
    /// Null for <see cref="DefaultMaxBytes"/>. Holds for calls that name a regime, too.
    /// </summary>
    public long? MaxBytes
    {
        get => MaxBytesSetting.ValueOrNull();
        init => MaxBytesSetting = Option(value, static bytes => bytes > 0, "1 or more bytes");
    }

    /// <summary>
    /// The original reduces bfloat16 by casting it to float16, for speed, and then applies float16's minimum sizes. Kernels
    /// here are as fast in either type and never cast: this only says whose published minimum sizes bfloat16 has, float16's
    /// (true, the default as with the original) or its own (false).
    /// </summary>
    public bool? CastBFloat16ToFloat16
    {
        get => CastSetting.ValueOrNull();
        init => CastSetting = Option(value, static _ => true, string.Empty);
    }

    /// <summary>The algorithm of every call of the group; null for the one that suits its size. <see cref="GroupOptions.Algorithm"/> wins over it.</summary>
    public AllReduceAlgorithm? Algorithm
    {
        get => AlgorithmSetting.ValueOrNull();
        init => AlgorithmSetting = Option(value, SpecializationRules.Algorithms.Contains, "an algorithm");
    }

    /// <summary>
    /// Largest message, in bytes per rank, that goes in one shot where it can; null for a default that depends on the number
    /// of ranks and on the regime. <see cref="GroupOptions.OneShotMaxBytes"/> wins over it.
    /// </summary>
    public long? OneShotMaxBytes
    {
        get => OneShotMaxBytesSetting.ValueOrNull();
        init => OneShotMaxBytesSetting = Option(value, IsNotNegative, "0 or more bytes");
    }

    /// <summary>
    /// The accuracy floor: the least signal-to-noise ratio, in dB, that a quantised all-reduce may have, by the profile's
    /// measurements or else by <c>docs/numerics.md</c>. What is below it gives way to a wider regime that is declared, or to
    /// full precision. Null for the floor that the profile was made with, if there is one.
    /// </summary>
    public double? MinSnrDb
    {
        get => MinSnrDbSetting.ValueOrNull();
        init => MinSnrDbSetting = Option(value, double.IsFinite, "a finite number of dB");
    }

    /// <summary>
    /// What was measured on this machine; null for nothing. Groups refuse a profile of another machine with a
    /// <see cref="TuningProfileException"/>.
    /// </summary>
    public TuningProfile? Profile
    {
        get => ProfileSetting.IsSet ? ProfileSetting.Value : null;
        init => ProfileSetting = value is null ? default : new(value, PolicySource.Option, Name(nameof(Profile)));
    }

    internal PolicySetting<AllReduceMode> RegimeSetting { get; init; }

    internal PolicySetting<long> MinBytesSetting { get; init; }

    internal PolicySetting<long> QuantizationMinBytesSetting { get; init; }

    internal PolicySetting<long> MaxBytesSetting { get; init; }

    internal PolicySetting<bool> CastSetting { get; init; }

    internal PolicySetting<AllReduceAlgorithm> AlgorithmSetting { get; init; }

    internal PolicySetting<long> OneShotMaxBytesSetting { get; init; }

    internal PolicySetting<double> MinSnrDbSetting { get; init; }

    internal PolicySetting<TuningProfile> ProfileSetting { get; init; }

    /// <summary>
    /// What the environment asks for: <c>QUICKREDUCE_REGIME</c> and its like, and the variables of the original,
    /// <c>VLLM_ROCM_QUICK_REDUCE_…</c> and <c>VLLM_ROCM_QR_…</c>; ours win. <c>docs/environment.md</c> lists them.
    /// </summary>
    /// <exception cref="PolicyException">A variable has a value that it cannot have. The message lists those that it can.</exception>
    /// <exception cref="TuningProfileException">The profile that <c>QUICKREDUCE_PROFILE</c> names cannot be used.</exception>
    public static AllReducePolicy FromEnvironment() => FromEnvironment(Environment.GetEnvironmentVariable);

    /// <summary>The same with variables from elsewhere, as tests have them.</summary>
    /// <param name="variable">Gives the value of a variable, or null.</param>
    /// <inheritdoc cref="FromEnvironment()" path="/exception"/>
    public static AllReducePolicy FromEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return new PolicyVariables(variable).Read();
    }

    /// <summary>What the policy chooses for a message, and why. Runs nothing and needs no device.</summary>
    /// <param name="bytes">Bytes of the message on each rank.</param>
    /// <param name="dataType">Element type.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="kernels">The kernels to choose from; null for all that can exist.</param>
    /// <param name="device">What is to run them; of importance where there is a profile.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such message.</exception>
    /// <exception cref="VariantNotDeclaredException">What the policy asks for is not declared.</exception>
    public PolicyDecision Explain(long bytes, DataType dataType, int worldSize, KernelSet? kernels = null, DeviceKind device = DeviceKind.Auto)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (!SpecializationRules.DataTypes.Contains(dataType))
        {
            throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type.");
        }

        if (!SpecializationRules.WorldSizes.Contains(worldSize))
        {
            throw new ArgumentOutOfRangeException(nameof(worldSize), worldSize, "2 to 8 ranks are possible.");
        }

        return new PolicyRules(this, new DeclaredVariants(kernels, worldSize, device), dataType).Choose(bytes);
    }

    private static string Name(string property) => nameof(AllReducePolicy) + "." + property;

    private static bool IsNotNegative(long bytes) => bytes >= 0;

    private static bool IsMode(AllReduceMode mode) =>
        SpecializationRules.Refusal(new KernelVariant(DataType.Float16, mode.Regime, SpecializationRules.MaxWorldSize) { GroupSize = mode.GroupSize }) is null;

    private static PolicySetting<T> Option<T>(T? value, Func<T, bool> isPossible, string possible, [CallerMemberName] string property = "")
        where T : struct => value is { } given && !isPossible(given)
            ? throw new ArgumentOutOfRangeException(property, given, Name(property) + " is " + possible + ".")
            : PolicySetting.OfOption(value, Name(property));
}
