namespace QuickReduce.Collectives;

/// <summary>
/// Which of a set's variants a call runs. What a call asks for and its size decide, and nothing else: every rank, and
/// every device, comes to the same answer. Used by one thread at a time.
/// </summary>
/// <typeparam name="TKernel">What runs a variant.</typeparam>
internal sealed class VariantChoice<TKernel>
    where TKernel : class
{
    private const int ModesPerType = ((int)QuantRegime.Int8 + 1) * GroupIndices;
    private const int GroupIndices = 5; // none, and groups of 16 to 128
    private const int AlgorithmCount = 3;

    private readonly KernelSet _kernelSet;
    private readonly int _worldSize;
    private readonly AllReduceAlgorithm? _algorithm;
    private readonly long _oneShotMaxBytes;
    private readonly Func<KernelVariant, TKernel> _create;
    private readonly TKernel?[] _kernels = new TKernel?[SpecializationRules.DataTypes.Count * ModesPerType * AlgorithmCount];

    /// <summary>Creates the choice of a group.</summary>
    /// <param name="kernelSet">What there is to choose from.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="options">The group's options.</param>
    /// <param name="create">Makes a variant's kernel, the first time that it is chosen.</param>
    public VariantChoice(KernelSet kernelSet, int worldSize, GroupOptions options, Func<KernelVariant, TKernel> create)
    {
        _create = create;
        _kernelSet = kernelSet;
        _worldSize = worldSize;
        _algorithm = options.Algorithm;
        _oneShotMaxBytes = options.OneShotMaxBytes ?? DefaultOneShotMaxBytes(worldSize);
    }

    /// <summary>
    /// The message, in bytes per rank, up to which one hop with all data is faster than two with a part of it. One-shot
    /// sends the message to every other rank and two-shot does not, so that it ends earlier the more ranks there are.
    /// </summary>
    public static long DefaultOneShotMaxBytes(int worldSize) => worldSize switch
    {
        2 => 512 * 1024,
        3 or 4 => 128 * 1024,
        _ => 64 * 1024,
    };

    /// <summary>The kernel of a call. Allocates nothing once a variant has run.</summary>
    /// <exception cref="VariantNotDeclaredException">The set declares none.</exception>
    /// <exception cref="NativeLibraryException">The variant's native library cannot be used.</exception>
    public TKernel Kernel(in RankRequest request)
    {
        var preferred = _algorithm
            ?? (request.InputLength * request.ElementBytes <= _oneShotMaxBytes ? AllReduceAlgorithm.OneShot : AllReduceAlgorithm.Direct);
        ref var cached = ref _kernels[IndexOf(request, preferred)];
        return cached ??= _create(Variant(request.DataType, request.Mode, preferred));
    }

    private KernelVariant Variant(DataType dataType, AllReduceMode mode, AllReduceAlgorithm preferred)
    {
        var asked = new KernelVariant(dataType, mode.Regime, _worldSize) { GroupSize = mode.GroupSize };
        foreach (var algorithm in _algorithm is null ? OrderFrom(preferred) : [preferred])
        {
            if (_kernelSet.Declared(asked with { Algorithm = algorithm }) is { } declared)
            {
                return declared;
            }
        }

        throw new VariantNotDeclaredException(
            _kernelSet.Name + " declares no kernel for " + KernelVariant.NameOf(dataType) + ", " + mode + ", " + _worldSize + " ranks"
            + (_algorithm is null ? string.Empty : ", " + _algorithm) + ". Add it to its [AllReduceKernels] attribute, or [AllReduceKernel] for this one.");
    }

    /// <summary>What serves a call, best first: in full precision direct gives two-shot's result with less to move.</summary>
    private static ReadOnlySpan<AllReduceAlgorithm> OrderFrom(AllReduceAlgorithm preferred) =>
        preferred == AllReduceAlgorithm.OneShot
            ? [AllReduceAlgorithm.OneShot, AllReduceAlgorithm.Direct, AllReduceAlgorithm.TwoShot]
            : [AllReduceAlgorithm.Direct, AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot];

    private static int IndexOf(in RankRequest request, AllReduceAlgorithm algorithm)
    {
        var group = request.Mode.GroupSize == 0 ? 0 : int.Log2(request.Mode.GroupSize) - 3;
        return (((int)request.DataType * ((int)QuantRegime.Int8 + 1) + (int)request.Mode.Regime) * GroupIndices + group) * AlgorithmCount + (int)algorithm;
    }
}
