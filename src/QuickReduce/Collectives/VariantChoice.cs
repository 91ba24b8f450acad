using QuickReduce.Policy;

namespace QuickReduce.Collectives;

/// <summary>
/// Which of a set's variants a call runs. What a call asks for and its size decide, and nothing else: every rank, and
/// every device, comes to the same answer. Used by one thread at a time.
/// </summary>
/// <typeparam name="TKernel">What runs a variant.</typeparam>
/// <param name="kernelSet">What there is to choose from.</param>
/// <param name="worldSize">Number of ranks.</param>
/// <param name="policy">The group's decisions: for calls that name no regime, and for its limits.</param>
/// <param name="create">Makes a variant's kernel, the first time that it is chosen.</param>
internal sealed class VariantChoice<TKernel>(KernelSet kernelSet, int worldSize, PolicyTable policy, Func<KernelVariant, TKernel> create)
    where TKernel : class
{
    private const int ModesPerType = ((int)QuantRegime.Int8 + 1) * GroupIndices * ScaleFormatCount;
    private const int GroupIndices = 5; // none, and groups of 16 to 128
    private const int ScaleFormatCount = 2;
    private const int AlgorithmCount = 3;

    private readonly TKernel?[] _kernels = new TKernel?[SpecializationRules.DataTypes.Count * ModesPerType * AlgorithmCount];
    private readonly TKernel?[] _kernelsByPolicy = new TKernel?[policy.Rows];

    /// <summary>The kernel of a call. Allocates nothing once a variant has run.</summary>
    /// <exception cref="VariantNotDeclaredException">The set declares none.</exception>
    /// <exception cref="NativeLibraryException">The variant's native library cannot be used.</exception>
    public TKernel Kernel(in RankRequest request)
    {
        var bytes = (long)request.InputLength * request.ElementBytes;
        if (request.IsByPolicy)
        {
            var row = policy.Find(request.DataType, bytes);
            return row >= 0
                ? _kernelsByPolicy[row] ??= create(policy.Variant(row))
                : create(policy.Explain(request.DataType, request.InputLength).Variant); // Says why there is none.
        }

        var preferred = policy.Algorithm ?? (bytes <= policy.OneShotMaxBytes(request.Mode.Regime) ? AllReduceAlgorithm.OneShot : AllReduceAlgorithm.Direct);
        ref var cached = ref _kernels[IndexOf(request, preferred)];
        return cached ??= create(Variant(request.DataType, request.Mode, bytes));
    }

    private KernelVariant Variant(DataType dataType, AllReduceMode mode, long bytes)
    {
        var asked = new KernelVariant(dataType, mode, worldSize);
        foreach (var algorithm in policy.Algorithm is { } only ? [only] : AlgorithmChoice.Order(bytes, policy.OneShotMaxBytes(mode.Regime)))
        {
            if (kernelSet.Declared(asked with { Algorithm = algorithm }) is { } declared)
            {
                return declared;
            }
        }

        throw new VariantNotDeclaredException(
            kernelSet.Name + " declares no kernel for " + KernelVariant.NameOf(dataType) + ", " + mode + ", " + worldSize + " ranks"
            + (policy.Algorithm is null ? string.Empty : ", " + policy.Algorithm) + ". Add it to its [AllReduceKernels] attribute, or [AllReduceKernel] for this one.");
    }

    private static int IndexOf(in RankRequest request, AllReduceAlgorithm algorithm)
    {
        var group = request.Mode.GroupSize == 0 ? 0 : int.Log2(request.Mode.GroupSize) - 3;
        var mode = (((int)request.DataType * ((int)QuantRegime.Int8 + 1) + (int)request.Mode.Regime) * GroupIndices + group) * ScaleFormatCount + (int)request.Mode.ScaleFormat;
        return mode * AlgorithmCount + (int)algorithm;
    }
}
