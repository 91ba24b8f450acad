namespace QuickReduce.Policy;

/// <summary>The variants that a policy can choose from, for one number of ranks and one device.</summary>
/// <param name="kernels">The kernel set; null for all variants that there can be.</param>
/// <param name="worldSize">Number of ranks.</param>
/// <param name="device">What runs them.</param>
internal sealed class DeclaredVariants(KernelSet? kernels, int worldSize, DeviceKind device)
{
    /// <summary>Number of ranks.</summary>
    public int WorldSize => worldSize;

    /// <summary>What runs the variants; never <see cref="DeviceKind.Auto"/>.</summary>
    public DeviceKind Device => device == DeviceKind.Auto ? DeviceKind.Managed : device;

    /// <summary>Who declares them, for messages.</summary>
    public string Owner => kernels?.Name ?? "QuickReduce";

    /// <summary>The variant that a call runs for these axes; null where none is declared.</summary>
    public KernelVariant? Find(DataType dataType, AllReduceMode mode, AllReduceAlgorithm algorithm)
    {
        var asked = new KernelVariant(dataType, mode, worldSize, algorithm);
        return kernels is not null ? kernels.Declared(asked) : asked.IsSupported ? asked : null;
    }

    /// <summary>
    /// The variant that runs what a profile has measured; null where it is not declared. The managed backend has no geometry,
    /// so there the first declared one is as good as any.
    /// </summary>
    public KernelVariant? Measured(KernelVariant variant) =>
        Device == DeviceKind.Managed ? Find(variant.DataType, variant.Mode, variant.Algorithm)
        : kernels is null || kernels.Contains(variant) ? variant
        : null;

    /// <summary>
    /// The declared modes of a data type, shortest on the wire first and of equally long ones the most exact last; with one
    /// algorithm, or any.
    /// </summary>
    public AllReduceMode[] Modes(DataType dataType, AllReduceAlgorithm? algorithm)
    {
        // Every rank that starts comes here, and LINQ over values would have to be compiled first.
        var modes = new AllReduceMode[kernels?.VariantArray.Length ?? SpecializationRules.Modes.Count];
        var count = 0;
        if (kernels is null)
        {
            foreach (var mode in SpecializationRules.Modes.Where(mode => SpecializationRules.Algorithms.Any(one => (algorithm is null || one == algorithm) && Find(dataType, mode, one) is not null)))
            {
                Include(modes, ref count, mode, dataType);
            }
        }

        foreach (var variant in kernels?.VariantArray ?? [])
        {
            if (variant.DataType == dataType && variant.WorldSize == worldSize && (algorithm is null || variant.Algorithm == algorithm))
            {
                Include(modes, ref count, variant.Mode, dataType);
            }
        }

        var declared = new AllReduceMode[count];
        Array.Copy(modes, declared, count);
        return declared;
    }

    /// <summary>Puts a mode in its place, unless it is there.</summary>
    private static void Include(AllReduceMode[] modes, ref int count, AllReduceMode mode, DataType dataType)
    {
        var place = 0;
        for (; place < count; place++)
        {
            if (modes[place] == mode)
            {
                return;
            }

            if (IsBefore(mode, modes[place], dataType))
            {
                break;
            }
        }

        for (var moved = count++; moved > place; moved--)
        {
            modes[moved] = modes[moved - 1];
        }

        modes[place] = mode;
    }

    private static bool IsBefore(AllReduceMode left, AllReduceMode right, DataType dataType)
    {
        var order = new WireFormat(dataType, left).BitsPerElement.CompareTo(new WireFormat(dataType, right).BitsPerElement);
        order = order != 0 ? order : NominalAccuracy.SnrDb(left, AllReduceAlgorithm.TwoShot).CompareTo(NominalAccuracy.SnrDb(right, AllReduceAlgorithm.TwoShot));
        order = order != 0 ? order : (int)left.Regime - (int)right.Regime;
        order = order != 0 ? order : left.GroupSize - right.GroupSize;
        return (order != 0 ? order : (int)left.ScaleFormat - (int)right.ScaleFormat) < 0;
    }
}
