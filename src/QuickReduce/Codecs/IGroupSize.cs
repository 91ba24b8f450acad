namespace QuickReduce.Codecs;

/// <summary>Elements that share one scale, and how scales travel, as constants to the JIT.</summary>
internal interface IGroupSize
{
    /// <summary>Elements of one group.</summary>
    static abstract int Elements { get; }

    /// <summary>Whether four groups share the exponent of their scales; otherwise each scale is a number of its own.</summary>
    static abstract bool SharesExponents { get; }
}

internal readonly struct GroupsOf16 : IGroupSize
{
    public static int Elements => 16;

    public static bool SharesExponents => false;
}

internal readonly struct GroupsOf32 : IGroupSize
{
    public static int Elements => 32;

    public static bool SharesExponents => false;
}

internal readonly struct GroupsOf64 : IGroupSize
{
    public static int Elements => 64;

    public static bool SharesExponents => false;
}

internal readonly struct GroupsOf128 : IGroupSize
{
    public static int Elements => 128;

    public static bool SharesExponents => false;
}

internal readonly struct SharedGroupsOf16 : IGroupSize
{
    public static int Elements => 16;

    public static bool SharesExponents => true;
}

internal readonly struct SharedGroupsOf32 : IGroupSize
{
    public static int Elements => 32;

    public static bool SharesExponents => true;
}
