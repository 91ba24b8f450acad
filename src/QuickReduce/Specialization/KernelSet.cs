using System.Collections.ObjectModel;
using System.Reflection;

namespace QuickReduce;

/// <summary>
/// The kernels that an annotated class declares. Immutable and thread-safe. Generated code makes it; groups run it.
/// </summary>
public sealed class KernelSet
{
    private readonly KernelVariant[] _variants;
    private readonly VariantTable _firstOfCall;
    private readonly VariantTable _declared;
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

        // What generated code gives is an array, which is copied without a loop to be compiled.
        _variants = variants is KernelVariant[] array ? (KernelVariant[])array.Clone() : [.. variants];
        _declared = new VariantTable(_variants.Length);
        _firstOfCall = new VariantTable(_variants.Length);
        foreach (var variant in _variants)
        {
            if (!variant.IsSupported)
            {
                throw new ArgumentException(SpecializationRules.Refusal(variant), nameof(variants));
            }

            if (!_declared.TryAdd(variant, variant))
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

        Units = new ReadOnlyCollection<KernelUnit>([.. units]);
    }

    /// <summary>Full name of the annotated class.</summary>
    public string Name { get; }

    /// <summary>The variants, in the order in which they were given.</summary>
    public IReadOnlyList<KernelVariant> Variants => field ??= new ReadOnlyCollection<KernelVariant>(_variants);

    /// <summary>The translation units that hold them.</summary>
    public IReadOnlyList<KernelUnit> Units { get; }

    /// <summary>Whether the set declares a variant.</summary>
    public bool Contains(KernelVariant variant) => _declared.Find(variant) is not null;

    /// <summary>The same variants as <see cref="Variants"/>; not to be written to.</summary>
    internal KernelVariant[] VariantArray => _variants;

    /// <summary>
    /// The first declared variant with these axes, tuning parameters apart; null where there is none.
    /// </summary>
    internal KernelVariant? Declared(KernelVariant asked) => _firstOfCall.Find(WithoutTuning(asked));

    /// <summary>The same set without the variants of one algorithm.</summary>
    internal KernelSet Without(AllReduceAlgorithm algorithm) => new(Name, [.. Variants.Where(variant => variant.Algorithm != algorithm)], Units);

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
        foreach (var variant in _variants)
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
