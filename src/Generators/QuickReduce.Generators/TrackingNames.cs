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

    /// <summary>Templates of the user's, each read from its file.</summary>
    public const string ReadTemplates = nameof(ReadTemplates);

    /// <summary>All templates of the user.</summary>
    public const string Templates = nameof(Templates);

    /// <summary>Templates of the user that all-reduce kernels are rendered with.</summary>
    public const string Overrides = nameof(Overrides);

    /// <summary>Methods with <c>[Kernel]</c>, read into models.</summary>
    public const string ReadUserKernels = nameof(ReadUserKernels);

    /// <summary>The models of <see cref="ReadUserKernels"/> without the methods that are declared wrongly.</summary>
    public const string ValidUserKernels = nameof(ValidUserKernels);

    /// <summary>A user's kernels paired with the templates that they are rendered with.</summary>
    public const string UserKernelInput = nameof(UserKernelInput);

    /// <summary>A user's kernel's launcher, as text.</summary>
    public const string Launcher = nameof(Launcher);

    /// <summary>A user's kernels in their carrier, as text.</summary>
    public const string UserKernelSources = nameof(UserKernelSources);

    /// <summary>Models paired with their translation units.</summary>
    public const string Plan = nameof(Plan);

    /// <summary>Typed members, as text.</summary>
    public const string Bindings = nameof(Bindings);

    /// <summary>HIP sources in their carrier, as text.</summary>
    public const string Sources = nameof(Sources);

    /// <summary>Places of a class's or method's attributes.</summary>
    public const string ReadPlaces = nameof(ReadPlaces);

    /// <summary>Where kernels are declared, as text.</summary>
    public const string Declarations = nameof(Declarations);
}
