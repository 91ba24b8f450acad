using System.Collections.ObjectModel;
using System.Reflection;

namespace QuickReduce;

/// <summary>
/// The kernels that an annotated class declares. Immutable and thread-safe. Generated code makes it; groups run it.
/// </summary>
public sealed class KernelSet
{
    private readonly Dictionary<KernelVariant, KernelVariant> _firstOfCall;
    private readonly HashSet<KernelVariant> _declared;
    private readonly Dictionary<string, KernelUnit> _units;
    private readonly Assembly? _sources;

    /// <summary>Creates a kernel set.</summary>
    /// <param name="name">Full name of the annotated class.</param>
    /// <param name="variants">The variants, each supported and none twice.</param>
    /// <param name="units">The translation units that hold them; none where only the managed backend is to run.</param>
    /// <param name="sources">
    /// The assembly that carries the units' texts (<see cref="KernelSourceAttribute"/>), so that they can be compiled at run
    /// time for a device that the build made no code for; null where there are none.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">
    /// The name is empty or not usable in a file name, or a variant is unsupported or given twice, or a unit's name
    /// does not start with the set's, or is given twice.
    /// </exception>
    public KernelSet(string name, IReadOnlyList<KernelVariant> variants, IReadOnlyList<KernelUnit> units, Assembly? sources = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(variants);
        ArgumentNullException.ThrowIfNull(units);
        if (name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
        {
            throw new ArgumentException("'" + name + "' names files and may hold no path separator.", nameof(name));
        }

        Name = name;
        _sources = sources;
        _declared = new HashSet<KernelVariant>(variants.Count);
        _firstOfCall = new Dictionary<KernelVariant, KernelVariant>(variants.Count);
        foreach (var variant in variants)
        {
            if (!variant.IsSupported)
            {
                throw new ArgumentException(SpecializationRules.Refusal(variant), nameof(variants));
            }

            if (!_declared.Add(variant))
            {
                throw new ArgumentException(name + " declares " + variant + " twice.", nameof(variants));
            }

            _firstOfCall.TryAdd(WithoutTuning(variant), variant);
        }

        _units = new Dictionary<string, KernelUnit>(units.Count, StringComparer.Ordinal);
        foreach (var unit in units)
        {
            ArgumentNullException.ThrowIfNull(unit, nameof(units));
            if (!unit.Name.StartsWith(name + ".", StringComparison.Ordinal) || !_units.TryAdd(unit.Name[(name.Length + 1)..], unit))
            {
                throw new ArgumentException("Unit '" + unit.Name + "' is given twice or is not one of " + name + ".", nameof(units));
            }
        }

        Variants = new ReadOnlyCollection<KernelVariant>([.. variants]);
        Units = new ReadOnlyCollection<KernelUnit>([.. units]);
    }

    /// <summary>Full name of the annotated class.</summary>
    public string Name { get; }

    /// <summary>The variants, in the order in which they were given.</summary>
    public IReadOnlyList<KernelVariant> Variants { get; }

    /// <summary>The translation units that hold them.</summary>
    public IReadOnlyList<KernelUnit> Units { get; }

    /// <summary>Whether the set declares a variant.</summary>
    public bool Contains(KernelVariant variant) => _declared.Contains(variant);

    /// <summary>
    /// The first declared variant with these axes, tuning parameters apart; null where there is none.
    /// </summary>
    internal KernelVariant? Declared(KernelVariant asked) =>
        _firstOfCall.TryGetValue(WithoutTuning(asked), out var declared) ? declared : null;

    /// <summary>The unit that holds a variant; null where the set has none for it.</summary>
    internal KernelUnit? UnitOf(KernelVariant variant) => _units.GetValueOrDefault(variant.UnitName);

    /// <summary>The HIP source of one of the set's units, read from the assembly that carries it; null where none does.</summary>
    internal string? SourceOf(KernelUnit unit) =>
        _sources?.GetCustomAttributes<KernelSourceAttribute>().FirstOrDefault(source => source.UnitName == unit.Name)?.Text;

    /// <summary>Throws unless some variant has this number of ranks.</summary>
    internal void RequireWorldSize(int worldSize)
    {
        if (!DeclaresWorldSize(worldSize))
        {
            var declared = Variants.Select(variant => variant.WorldSize).Distinct().Order();
            throw new VariantNotDeclaredException(Name + " declares no kernel for " + worldSize + " ranks, but for " + string.Join(", ", declared)
                + ". Add it to WorldSizes of its [AllReduceKernels] attribute; 2 to 8 are possible.");
        }
    }

    /// <summary>Whether any variant has this number of ranks.</summary>
    internal bool DeclaresWorldSize(int worldSize)
    {
        foreach (var variant in Variants)
        {
            if (variant.WorldSize == worldSize)
            {
                return true;
            }
        }

        return false;
    }

    private static KernelVariant WithoutTuning(KernelVariant variant) => variant with
    {
        BlockSize = SpecializationRules.DefaultBlockSize,
        AtomsPerThread = SpecializationRules.DefaultAtomsPerThread(variant.Algorithm),
    };
}
