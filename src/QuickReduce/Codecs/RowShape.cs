namespace QuickReduce.Codecs;

/// <summary>What a row of the managed codecs holds: 16-bit elements in the default block of lanes.</summary>
internal static class RowShape
{
    /// <summary>Elements of an atom.</summary>
    public const int ElementsPerAtom = WireFormat.AtomBytes / sizeof(ushort);

    /// <summary>Lanes of a row.</summary>
    public const int LanesPerRow = SpecializationRules.DefaultBlockSize;

    /// <summary>Elements of a row.</summary>
    public const int ElementsPerRow = LanesPerRow * ElementsPerAtom;

    /// <summary>Elements that share one scale.</summary>
    public const int GroupSize = SpecializationRules.DefaultGroupSize;

    /// <summary>Groups of a row.</summary>
    public const int GroupsPerRow = ElementsPerRow / GroupSize;
}
