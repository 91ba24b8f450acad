using QuickReduce.Codegen;

namespace QuickReduce.Generators.Parsing;

/// <summary>
/// The supported values on every axis that one attribute declares the cross product of. A single number, so that the
/// generator, which the driver makes read every attribute again after every edit anywhere, has little to do and to
/// compare while nothing of it has changed.
/// </summary>
/// <param name="Bits">
/// Eight bits for each of <see cref="AxisKind.All"/>, the first axis lowest: which of the
/// <see cref="AxisKind.SupportedValues"/> are declared.
/// </param>
internal readonly record struct AxisProduct(ulong Bits)
{
    private const int BitsPerAxis = 8;

    /// <summary>The product of some axes: all of them, or none where the attribute's arguments do not bind.</summary>
    public static AxisProduct Of(IReadOnlyList<Axis> axes)
    {
        var bits = 0ul;
        for (var i = 0; i < axes.Count; i++)
        {
            foreach (var value in axes[i].Values)
            {
                if (value is { } bound && axes[i].Kind.IndexOf(bound) is >= 0 and var index)
                {
                    bits |= 1ul << (i * BitsPerAxis + index);
                }
            }
        }

        return new(bits);
    }

    /// <summary>The combinations, each once, possible together or not.</summary>
    public IEnumerable<KernelVariant> Combinations
    {
        get
        {
            // Without the compiler's help to capture a struct's fields.
            var product = this;
            var combinations =
                from dataType in product.Values(AxisKind.DataType)
                from regime in product.Values(AxisKind.Regime)
                from worldSize in product.Values(AxisKind.WorldSize)
                from algorithm in product.Values(AxisKind.Algorithm)
                from groupSize in product.Values(AxisKind.GroupSize)
                from scaleFormat in product.Values(AxisKind.ScaleFormat)
                from blockSize in product.Values(AxisKind.BlockSize)
                from atoms in product.Values(AxisKind.AtomsPerThread)
                select VariantOf((DataType)dataType, (QuantRegime)regime, worldSize, (AllReduceAlgorithm)algorithm, groupSize, (ScaleFormat)scaleFormat, blockSize, atoms);
            return combinations.Distinct();
        }
    }

    private IEnumerable<int> Values(AxisKind kind)
    {
        var declared = (int)(Bits >> (AxisKind.All.IndexOf(kind) * BitsPerAxis));
        return kind.SupportedValues.Where((_, index) => (declared >> index & 1) != 0);
    }

    /// <summary>Full precision has no groups, whatever groups are declared beside it.</summary>
    private static KernelVariant VariantOf(
        DataType dataType, QuantRegime regime, int worldSize, AllReduceAlgorithm algorithm, int groupSize, ScaleFormat scaleFormat, int blockSize, int atoms)
    {
        var mode = regime == QuantRegime.FP ? new(regime) : new AllReduceMode(regime, groupSize, scaleFormat);
        var variant = new KernelVariant(dataType, mode, worldSize, algorithm) { BlockSize = blockSize };
        return variant with
        {
            AtomsPerThread = atoms == 0 ? variant.AtomsPerThread : atoms,
        };
    }
}
