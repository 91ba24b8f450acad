using System.Globalization;

namespace QuickReduce.Policy;

/// <summary>
/// The rules of a policy for one data type: what a message of some size gets, and why. Pure: the same question has the
/// same answer on every rank, device or not.
/// </summary>
/// <param name="policy">The settings.</param>
/// <param name="declared">What there is to choose from.</param>
/// <param name="dataType">Element type.</param>
internal sealed class PolicyRules(AllReducePolicy policy, DeclaredVariants declared, DataType dataType)
{
    private readonly AllReduceMode[] _modes = declared.Modes(dataType, policy.Algorithm);
    private readonly double? _floor = policy.MinSnrDb ?? policy.Profile?.MinSnrDb;

    /// <summary>Whether there is anything to choose from for the data type.</summary>
    public bool HasKernels => _modes.Length > 0;

    /// <summary>
    /// The sizes from which on another decision may be taken, ascending, the first 0: in between, decisions are the same.
    /// </summary>
    public ReadOnlySpan<long> Boundaries()
    {
        // An array: every rank that starts comes here, and a set of values would have to be compiled first.
        const int Settings = 5;
        var entries = policy.Profile?.Entries;
        var boundaries = new long[Settings + _modes.Length + 2 * (entries?.Count ?? 0)];
        var count = 1;
        Include(boundaries, ref count, OneShotMaxBytes(QuantRegime.FP) + 1);
        Include(boundaries, ref count, OneShotMaxBytes(QuantRegime.Int8) + 1);
        Include(boundaries, ref count, policy.MinBytes ?? 0);
        Include(boundaries, ref count, policy.QuantizationMinBytes ?? 0);
        if (dataType != DataType.Float32)
        {
            foreach (var mode in _modes)
            {
                Include(boundaries, ref count, PublishedMinimum(mode).Bytes);
            }
        }

        foreach (var entry in entries ?? [])
        {
            Include(boundaries, ref count, entry.MinBytes);
            Include(boundaries, ref count, entry.MaxBytes == long.MaxValue ? 0 : entry.MaxBytes + 1);
        }

        return new(boundaries, 0, count);
    }

    /// <summary>Puts a size in its place, unless it is there.</summary>
    private static void Include(long[] boundaries, ref int count, long size)
    {
        var place = count;
        while (place > 0 && boundaries[place - 1] >= size)
        {
            place--;
        }

        if (place < count && boundaries[place] == size)
        {
            return;
        }

        for (var moved = count++; moved > place; moved--)
        {
            boundaries[moved] = boundaries[moved - 1];
        }

        boundaries[place] = size;
    }

    /// <summary>What a message gets.</summary>
    /// <exception cref="VariantNotDeclaredException">What the policy asks for is not declared.</exception>
    public PolicyDecision Choose(long bytes)
    {
        if (!HasKernels)
        {
            throw NotDeclared(policy.AlgorithmSetting.IsSet ? policy.Algorithm + " (" + policy.AlgorithmSetting.Name + ")" : "this type and number of ranks");
        }

        var reasons = new List<PolicyReason>();
        var measured = Measured(bytes);
        var wanted = AtOrAboveFloor(Wanted(bytes, measured, reasons), bytes, reasons);
        var mode = WithinThresholds(wanted, bytes, measured, reasons);
        var variant = VariantOf(mode, bytes, measured, reasons);
        return new PolicyDecision(variant, bytes, ChunkBytes(variant, bytes, reasons), reasons);
    }

    /// <summary>The regime that is asked for, as if every message were large enough for it.</summary>
    private AllReduceMode Wanted(long bytes, IReadOnlyList<TuningEntry> measured, List<PolicyReason> reasons)
    {
        var setting = policy.RegimeSetting;
        if (dataType == DataType.Float32)
        {
            reasons.Add(new PolicyReason(PolicySource.Declaration, nameof(DataType.Float32), "float32 travels in full precision only"));
            return Declared(QuantRegime.FP, "full precision");
        }

        if (setting.IsSet)
        {
            reasons.Add(setting.Says(setting.Value.Regime == QuantRegime.FP ? "full precision is asked for" : setting.Value + " is asked for"));
            return Declared(setting.Value, setting.Value + " (" + setting.Name + ")");
        }

        if (measured.Count > 0)
        {
            reasons.Add(Profile("no regime is asked for, and " + ModeOf(measured[0]) + " is the fastest measured for " + ByteSize.Format(bytes) + ": " + Time(measured[0])));
            return ModeOf(measured[0]);
        }

        reasons.Add(new PolicyReason(PolicySource.Default, "default", "no regime is asked for: full precision"));
        return Declared(QuantRegime.FP, "full precision, which is what messages get where no regime is asked for");
    }

    /// <summary>Full precision where the message is too small for a quantised regime to pay.</summary>
    private AllReduceMode WithinThresholds(AllReduceMode mode, long bytes, IReadOnlyList<TuningEntry> measured, List<PolicyReason> reasons)
    {
        if (mode.Regime == QuantRegime.FP)
        {
            return mode;
        }

        if (policy.QuantizationMinBytesSetting is { IsSet: true } quantization && bytes < quantization.Value)
        {
            return FullPrecision(mode, quantization.Says("messages below " + ByteSize.Format(quantization.Value) + " are not quantised"), reasons);
        }

        if (policy.MinBytesSetting is { IsSet: true } minimum)
        {
            return bytes < minimum.Value
                ? FullPrecision(mode, minimum.Says("below the smallest message that is quantised, " + ByteSize.Format(minimum.Value)), reasons)
                : With(mode, minimum.Says("at least the smallest message that is quantised, " + ByteSize.Format(minimum.Value)), reasons);
        }

        if (!policy.RegimeSetting.IsSet)
        {
            return mode;
        }

        if (measured.FirstOrDefault(entry => ModeOf(entry) == mode) is { } quantized
            && measured.FirstOrDefault(static entry => entry.Variant.Regime == QuantRegime.FP) is { } full)
        {
            return full.MedianMicroseconds <= quantized.MedianMicroseconds
                ? FullPrecision(mode, Profile("full precision was measured to be as fast: " + Time(full) + " against " + Time(quantized)), reasons)
                : With(mode, Profile("measured to be faster than full precision: " + Time(quantized) + " against " + Time(full)), reasons);
        }

        var published = PublishedMinimum(mode);
        var whose = published.DataType == dataType && published.WorldSize == declared.WorldSize && published.Regime == mode.Regime
            ? string.Empty
            : " (of " + KernelVariant.NameOf(published.DataType) + ", " + published.Regime + ", " + published.WorldSize + " ranks)";
        return bytes < published.Bytes
            ? FullPrecision(mode, Published("below the published minimum of " + ByteSize.Format(published.Bytes) + whose), reasons)
            : With(mode, Published("at least the published minimum of " + ByteSize.Format(published.Bytes) + whose), reasons);
    }

    /// <summary>The mode, or the next wider one that is declared and exact enough.</summary>
    private AllReduceMode AtOrAboveFloor(AllReduceMode mode, long bytes, List<PolicyReason> reasons)
    {
        if (_floor is not { } floor || SnrDb(mode, bytes) is var snr && snr >= floor)
        {
            return mode;
        }

        var at = IndexOf(mode);
        for (var next = at < 0 ? _modes.Length : at + 1; next < _modes.Length; next++)
        {
            var wider = _modes[next];
            if (SnrDb(wider, bytes) >= floor)
            {
                reasons.Add(Floor(mode + " has " + Decibels(snr) + " and the accuracy floor is " + Decibels(floor) + ": " + wider + " instead"));
                return wider;
            }
        }

        throw new VariantNotDeclaredException(
            Subject() + " no regime that keeps to the accuracy floor of " + Decibels(floor) + " (" + Floor(string.Empty).Name + "): it declares " + string.Join(", ", _modes)
                + ". Declare a wider one, or QuantRegime.FP, in its [AllReduceKernels] attribute, or lower the floor.");
    }

    /// <summary>The kernel of a mode: the fastest measured one, or what suits the size.</summary>
    private KernelVariant VariantOf(AllReduceMode mode, long bytes, IReadOnlyList<TuningEntry> measured, List<PolicyReason> reasons)
    {
        if (policy.AlgorithmSetting.IsSet)
        {
            reasons.Add(policy.AlgorithmSetting.Says("the algorithm is asked for"));
        }

        if (measured.FirstOrDefault(entry => ModeOf(entry) == mode) is { } fastest)
        {
            reasons.Add(Profile(fastest.Variant.Algorithm + " with blocks of " + fastest.Variant.BlockSize + " is the fastest measured for it: " + Time(fastest)));
            return declared.Measured(fastest.Variant)!.Value;
        }

        if (!policy.AlgorithmSetting.IsSet)
        {
            var limit = ByteSize.Format(OneShotMaxBytes(mode));
            var text = bytes <= OneShotMaxBytes(mode) ? "one-shot up to " + limit + ", where it is declared" : "above " + limit + " not in one shot, where another algorithm is declared";
            reasons.Add(policy.OneShotMaxBytesSetting.IsSet ? policy.OneShotMaxBytesSetting.Says(text) : new PolicyReason(PolicySource.Default, "default", text));
        }

        return BySize(mode, bytes);
    }

    private KernelVariant BySize(AllReduceMode mode, long bytes)
    {
        foreach (var algorithm in policy.Algorithm is { } only ? [only] : AlgorithmChoice.Order(bytes, OneShotMaxBytes(mode)))
        {
            if (declared.Find(dataType, mode, algorithm) is { } variant)
            {
                return variant;
            }
        }

        throw NotDeclared(mode.ToString());
    }

    private long OneShotMaxBytes(AllReduceMode mode) => policy.OneShotMaxBytes ?? AlgorithmChoice.DefaultOneShotMaxBytes(declared.WorldSize, mode.Regime != QuantRegime.FP);

    private long ChunkBytes(KernelVariant variant, long bytes, List<PolicyReason> reasons)
    {
        var limit = policy.MaxBytes ?? AllReducePolicy.DefaultMaxBytes;
        var chunk = new KernelGeometry(variant).ElementsWithin(limit) * WireFormat.SizeOf(dataType);
        if (bytes > chunk)
        {
            var text = "messages larger than " + ByteSize.Format(limit) + " go in parts";
            reasons.Add(policy.MaxBytesSetting.IsSet ? policy.MaxBytesSetting.Says(text) : new PolicyReason(PolicySource.Default, "default", text));
        }

        return chunk;
    }

    /// <summary>What the profile has that can be run and is exact enough, fastest first.</summary>
    private IReadOnlyList<TuningEntry> Measured(long bytes) => policy.Profile is not { } profile
        ? []
        :
        [
            .. profile.Find(declared.Device, dataType, declared.WorldSize, bytes)
                .Where(entry => declared.Measured(entry.Variant) is not null)
                .Where(entry => policy.Algorithm is null || policy.Algorithm == entry.Variant.Algorithm)
                .Where(entry => _floor is null || entry.Variant.Regime == QuantRegime.FP || (entry.SnrDb ?? NominalAccuracy.SnrDb(ModeOf(entry), entry.Variant.Algorithm)) >= _floor),
        ];

    /// <summary>How exact a mode is for a message, by the algorithm that it would get.</summary>
    private double SnrDb(AllReduceMode mode, long bytes)
    {
        if (mode.Regime == QuantRegime.FP)
        {
            return double.PositiveInfinity;
        }

        // What was measured and found too coarse is not among the entries; what is left has passed.
        if (Measured(bytes).FirstOrDefault(entry => ModeOf(entry) == mode) is { } fastest)
        {
            return fastest.SnrDb ?? NominalAccuracy.SnrDb(mode, fastest.Variant.Algorithm);
        }

        var algorithm = BySize(mode, bytes).Algorithm;
        var measured = policy.Profile?.Find(declared.Device, dataType, declared.WorldSize, bytes)
            .FirstOrDefault(entry => ModeOf(entry) == mode && entry.Variant.Algorithm == algorithm);
        return measured?.SnrDb ?? NominalAccuracy.SnrDb(mode, algorithm);
    }

    private AllReduceMode FullPrecision(AllReduceMode mode, PolicyReason reason, List<PolicyReason> reasons)
    {
        reasons.Add(reason);
        if (IndexOf(QuantRegime.FP) >= 0)
        {
            return QuantRegime.FP;
        }

        reasons.Add(new PolicyReason(PolicySource.Declaration, declared.Owner, "full precision is not declared, so " + mode + " at every size"));
        return mode;
    }

    private static AllReduceMode With(AllReduceMode mode, PolicyReason reason, List<PolicyReason> reasons)
    {
        reasons.Add(reason);
        return mode;
    }

    private AllReduceMode Declared(AllReduceMode mode, string what) => IndexOf(mode) >= 0 ? mode : throw NotDeclared(what);

    private int IndexOf(AllReduceMode mode)
    {
        var index = _modes.Length - 1;
        while (index >= 0 && _modes[index] != mode)
        {
            index--;
        }

        return index;
    }

    private VariantNotDeclaredException NotDeclared(string what) => new(
        Subject() + " no kernel for what the policy asks for, " + what + ": it declares "
            + (_modes.Length == 0 ? "nothing" : string.Join(", ", _modes)) + (policy.AlgorithmSetting.IsSet ? " in the " + policy.Algorithm + " algorithm" : string.Empty)
            + ". Add it to its [AllReduceKernels] attribute, or give the group a policy that asks for what is declared.");

    private string Subject() => declared.Owner + " has for " + KernelVariant.NameOf(dataType) + " and " + declared.WorldSize.ToString(CultureInfo.InvariantCulture) + " ranks";

    private PublishedMinimumSize PublishedMinimum(AllReduceMode mode) => PublishedMinimumSizes.Of(
        policy.CastBFloat16ToFloat16 ?? true ? DataType.Float16 : dataType, declared.WorldSize, mode.Regime);

    private PolicyReason Profile(string text) => policy.ProfileSetting.Says(text);

    private PolicyReason Floor(string text) => policy.MinSnrDbSetting.IsSet ? policy.MinSnrDbSetting.Says(text) : Profile(text);

    private static PolicyReason Published(string text) => new(PolicySource.PublishedTable, PublishedMinimumSizes.Source, text);

    private static AllReduceMode ModeOf(TuningEntry entry) => entry.Variant.Mode;

    private static string Time(TuningEntry entry) => entry.MedianMicroseconds.ToString("0.0", CultureInfo.InvariantCulture) + " µs";

    private static string Decibels(double decibels) => decibels.ToString("0.#", CultureInfo.InvariantCulture) + " dB";
}
