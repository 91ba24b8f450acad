namespace QuickReduce.Codecs;

/// <summary>Elements that share one scale, as a constant to the JIT.</summary>
internal interface IGroupSize
{
    /// <summary>Elements of one group.</summary>
    static abstract int Elements { get; }
}

internal readonly struct GroupsOf16 : IGroupSize
{
    public static int Elements => 16;
}

internal readonly struct GroupsOf32 : IGroupSize
{
    public static int Elements => 32;
}

internal readonly struct GroupsOf64 : IGroupSize
{
    public static int Elements => 64;
}

internal readonly struct GroupsOf128 : IGroupSize
{
    public static int Elements => 128;
}
