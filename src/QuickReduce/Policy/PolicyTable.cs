using System.Globalization;
using System.Text;

namespace QuickReduce.Policy;

/// <summary>
/// The decisions of a policy for one group, worked out before its first call: a call only looks up its size. Immutable and
/// thread-safe; equal for all ranks whose policies and kernels are.
/// </summary>
internal sealed class PolicyTable
{
    private readonly PolicyRules[] _rules;
    private readonly long[][] _from;
    private readonly int[] _firstRow;
    private readonly KernelVariant[] _variants;
    private readonly long _oneShotInFullPrecision;
    private readonly long _oneShotQuantized;

    private PolicyTable(AllReducePolicy policy, DeclaredVariants declared, bool isRequired)
    {
        Algorithm = policy.Algorithm;
        _oneShotInFullPrecision = policy.OneShotMaxBytes ?? AlgorithmChoice.DefaultOneShotMaxBytes(declared.WorldSize, isQuantized: false);
        _oneShotQuantized = policy.OneShotMaxBytes ?? AlgorithmChoice.DefaultOneShotMaxBytes(declared.WorldSize, isQuantized: true);
        MaxBytes = policy.MaxBytes ?? AllReducePolicy.DefaultMaxBytes;
        var types = SpecializationRules.DataTypes;
        _rules = new PolicyRules[types.Count];
        _from = new long[types.Count][];
        _firstRow = new int[types.Count];
        _variants = [];
        for (var type = 0; type < types.Count; type++)
        {
            _rules[type] = new PolicyRules(policy, declared, types[type]);
            _firstRow[type] = _variants.Length;
            _from[type] = Prepare(_rules[type], isRequired, ref _variants);
        }

        if (isRequired && Rows == 0)
        {
            // No type has a kernel of the algorithm that is asked for. Says so.
            _ = _rules[0].Choose(bytes: 0);
        }
    }

    /// <summary>The algorithm of every call; null for the one that suits its size.</summary>
    public AllReduceAlgorithm? Algorithm { get; }

    /// <summary>Most bytes per rank that go at once.</summary>
    public long MaxBytes { get; }

    /// <summary>Number of rows: ranges of sizes with the same decision, over all data types.</summary>
    public int Rows => _variants.Length;

    /// <summary>Prepares the decisions of a group.</summary>
    /// <param name="policy">The policy; null for full precision where it is declared, and no decision where it is not.</param>
    /// <param name="algorithm">The group's option, which wins over the policy's; null for none.</param>
    /// <param name="oneShotMaxBytes">The same.</param>
    /// <param name="kernels">The kernels to choose from.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="device">What runs the kernels.</param>
    /// <param name="gpus">The group's devices; none on the CPU.</param>
    /// <exception cref="VariantNotDeclaredException">What the policy asks for is not declared.</exception>
    /// <exception cref="TuningProfileException">The policy's profile is another machine's.</exception>
    public static PolicyTable Prepare(
        AllReducePolicy? policy, AllReduceAlgorithm? algorithm, long? oneShotMaxBytes, KernelSet kernels, int worldSize, DeviceKind device, IEnumerable<GpuDevice> gpus)
    {
        var settings = policy ?? new AllReducePolicy();
        settings = settings with
        {
            AlgorithmSetting = algorithm is null ? settings.AlgorithmSetting : PolicySetting.OfOption(algorithm, "GroupOptions.Algorithm"),
            OneShotMaxBytesSetting = oneShotMaxBytes is null ? settings.OneShotMaxBytesSetting : PolicySetting.OfOption(oneShotMaxBytes, "GroupOptions.OneShotMaxBytes"),
        };
        settings.Profile?.RequireMachine(MachineFingerprint.Of(gpus), device, settings.ProfileSetting.Name);
        return new PolicyTable(settings, new DeclaredVariants(kernels, worldSize, device), isRequired: policy is not null);
    }

    /// <summary>The row of a message; −1 where there is no decision.</summary>
    public int Find(DataType dataType, long bytes)
    {
        if ((uint)dataType >= (uint)_from.Length)
        {
            return -1;
        }

        var from = _from[(int)dataType];
        var row = Array.BinarySearch(from, bytes);
        row = row < 0 ? ~row - 1 : row;
        return row < 0 ? row : _firstRow[(int)dataType] + row;
    }

    /// <summary>Largest message, in bytes per rank, that a call which names its regime takes in one shot.</summary>
    public long OneShotMaxBytes(QuantRegime regime) => regime == QuantRegime.FP ? _oneShotInFullPrecision : _oneShotQuantized;

    /// <summary>The kernel of a row.</summary>
    public KernelVariant Variant(int row) => _variants[row];

    /// <summary>The regime of a message; full precision where there is no decision.</summary>
    public AllReduceMode Mode(DataType dataType, long bytes)
    {
        var row = Find(dataType, bytes);
        return row < 0 ? QuantRegime.FP : _variants[row].Mode;
    }

    /// <summary>The largest message, in bytes per rank, that a variant is chosen for; null where it is for none.</summary>
    public long? LargestMessage(KernelVariant variant)
    {
        var from = _from[(int)variant.DataType];
        for (var row = from.Length - 1; row >= 0; row--)
        {
            if (_variants[_firstRow[(int)variant.DataType] + row] == variant)
            {
                return row == from.Length - 1 ? long.MaxValue : from[row + 1] - 1;
            }
        }

        return null;
    }

    /// <summary>What is chosen for a message, and why.</summary>
    /// <exception cref="VariantNotDeclaredException">There is no decision.</exception>
    public PolicyDecision Explain(DataType dataType, long elementCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementCount, long.MaxValue / sizeof(float));
        return (uint)dataType < (uint)_rules.Length
            ? _rules[(int)dataType].Choose(elementCount * WireFormat.SizeOf(dataType))
            : throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type.");
    }

    /// <summary>All decisions in text: what must be equal on all ranks.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        text.Append("at most ").Append(Number(MaxBytes)).Append(", one-shot to ").Append(Number(_oneShotInFullPrecision)).Append(" or ").Append(Number(_oneShotQuantized))
            .Append(", algorithm ").Append(Algorithm is { } only ? only.ToString() : string.Empty).Append('\n');
        for (var type = 0; type < _from.Length; type++)
        {
            for (var row = 0; row < _from[type].Length; row++)
            {
                text.Append("from ").Append(Number(_from[type][row])).Append(": ").Append(_variants[_firstRow[type] + row].KernelName).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The rows of a data type: from which size on each counts, and, appended to those before, what it chooses.</summary>
    private static long[] Prepare(PolicyRules rules, bool isRequired, ref KernelVariant[] variants)
    {
        if (!rules.HasKernels)
        {
            return [];
        }

        var boundaries = rules.Boundaries();
        var from = new long[boundaries.Length];
        var chosen = new KernelVariant[boundaries.Length];
        var rows = 0;
        foreach (var boundary in boundaries)
        {
            try
            {
                var variant = rules.Choose(boundary).Variant;
                if (rows == 0 || chosen[rows - 1] != variant)
                {
                    from[rows] = boundary;
                    chosen[rows++] = variant;
                }
            }
            catch (VariantNotDeclaredException) when (!isRequired)
            {
                // Calls that name no regime get the exception.
                return [];
            }
        }

        var all = new KernelVariant[variants.Length + rows];
        Array.Copy(variants, all, variants.Length);
        Array.Copy(chosen, 0, all, variants.Length, rows);
        variants = all;
        var starts = new long[rows];
        Array.Copy(from, starts, rows);
        return starts;
    }
}
