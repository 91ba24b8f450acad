namespace QuickReduce.Generators;

/// <summary>Names of the generator's steps, by which tests see what an edit made it do again.</summary>
public static class TrackingNames
{
    /// <summary>Attributes of a class, read into a model; <c>[AllReduceKernels]</c> came first.</summary>
    public const string ReadKernels = nameof(ReadKernels);

    /// <summary>Attributes of a class, read into a model; <c>[AllReduceKernel]</c> came first.</summary>
    public const string ReadKernel = nameof(ReadKernel);

    /// <summary>The models of <see cref="ReadKernels"/> without the classes that are declared wrongly.</summary>
    public const string ValidKernels = nameof(ValidKernels);

    /// <summary>The models of <see cref="ReadKernel"/> without the classes that are declared wrongly.</summary>
    public const string ValidKernel = nameof(ValidKernel);

    /// <summary>Names that several classes share, so that none of them can be generated.</summary>
    public const string SharedNames = nameof(SharedNames);

    /// <summary>Models paired with their translation units.</summary>
    public const string Plan = nameof(Plan);

    /// <summary>Typed members, as text.</summary>
    public const string Bindings = nameof(Bindings);

    /// <summary>HIP sources in their carrier, as text.</summary>
    public const string Sources = nameof(Sources);
}
