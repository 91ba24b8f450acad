namespace QuickReduce;

/// <summary>One rank of a <see cref="GpuGroup"/>: what the code that drives this rank's device holds.</summary>
/// <remarks>
/// A value, free to copy. Different ranks may be used from different threads; one rank from one thread at a time.
/// </remarks>
public readonly struct GpuRank : IEquatable<GpuRank>
{
    private readonly GpuGroup? _group;

    internal GpuRank(GpuGroup group, int index)
    {
        _group = group;
        Index = index;
    }

    /// <summary>This rank's number, from 0.</summary>
    public int Index { get; }

    /// <summary>Number of ranks in the group.</summary>
    public int WorldSize => Group.WorldSize;

    /// <summary>The device that this rank's memory is on.</summary>
    public GpuDevice Device => Group.Devices[Index];

    private GpuGroup Group =>
        _group ?? throw new InvalidOperationException("This rank belongs to no group. Take ranks from GpuGroup's indexer.");

    /// <summary>
    /// Enqueues an all-reduce: the ranks' inputs are summed element by element, and every rank gets the same sum, bit for
    /// bit. All ranks make the same calls in the same order; returns at once.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="input">This rank's summand; any length.</param>
    /// <param name="output">Where the sum goes: as long as <paramref name="input"/>, or the very same buffer.</param>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="stream">
    /// A stream of this rank's device, which may be capturing. Calls of one rank are to be ordered: one stream, or
    /// several that wait for each other. Ranks that share a device need a stream each.
    /// </param>
    /// <exception cref="InvalidBufferException">A buffer is another device's, or lengths differ.</exception>
    /// <exception cref="VariantNotDeclaredException">The kernel set has no such variant.</exception>
    /// <exception cref="RankMismatchException">Another rank's call is a different one.</exception>
    /// <exception cref="RankTimeoutException">A rank did not call in time, in this or an earlier all-reduce.</exception>
    /// <exception cref="GpuException">The stream cannot be used, or the driver refuses the launch.</exception>
    /// <exception cref="ObjectDisposedException">The group, a buffer or the stream is disposed.</exception>
    public void AllReduce<T>(DeviceBuffer<T> input, DeviceBuffer<T> output, AllReduceMode mode, GpuStream stream)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(stream);
        Group.AllReduce(Index, input, output, mode, stream);
    }

    /// <summary>Enqueues an all-reduce in place: the buffer becomes the sum of all ranks' buffers.</summary>
    /// <inheritdoc cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)"/>
    /// <param name="buffer">This rank's summand, then the sum.</param>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="stream">A stream of this rank's device.</param>
    public void AllReduce<T>(DeviceBuffer<T> buffer, AllReduceMode mode, GpuStream stream)
        where T : unmanaged => AllReduce(buffer, buffer, mode, stream);

    /// <summary>
    /// Enqueues an all-reduce of memory that belongs to someone else: a tensor of PyTorch, of ONNX Runtime, of the vendor's
    /// libraries. Otherwise like
    /// <see cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)"/>.
    /// </summary>
    /// <param name="dataType">Type of the elements.</param>
    /// <param name="input">Address of this rank's summand, in memory of its device; aligned to an element.</param>
    /// <param name="output">
    /// Where the sum goes: the very same address, or memory that does not overlap the input. Memory of the rank's device.
    /// </param>
    /// <param name="count">Number of elements, at least 0.</param>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="stream">A <c>CUstream</c>, <c>cudaStream_t</c> or <c>hipStream_t</c> of the rank's device, still alive.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <exception cref="InvalidBufferException">A pointer is not aligned, is not this device's memory, or the buffers overlap.</exception>
    /// <exception cref="VariantNotDeclaredException">The kernel set has no such variant.</exception>
    /// <exception cref="RankMismatchException">Another rank's call is a different one.</exception>
    /// <exception cref="RankTimeoutException">A rank did not call in time, in this or an earlier all-reduce.</exception>
    /// <exception cref="GpuException">The stream cannot be used, or the driver refuses the launch.</exception>
    /// <exception cref="ObjectDisposedException">The group is disposed.</exception>
    public void AllReduce(DataType dataType, nint input, nint output, long count, AllReduceMode mode, nint stream) =>
        Group.AllReduce(Index, dataType, input, output, count, mode, stream);

    /// <summary>
    /// Enqueues an all-reduce in the regime and by the kernel that the group's policy chooses for the message
    /// (<see cref="GpuGroupOptions.Policy"/>). Otherwise like
    /// <see cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)"/>.
    /// </summary>
    /// <inheritdoc cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)"/>
    public void AllReduce<T>(DeviceBuffer<T> input, DeviceBuffer<T> output, GpuStream stream)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(stream);
        Group.AllReduce(Index, input, output, mode: null, stream);
    }

    /// <summary>Enqueues an all-reduce in place, as the group's policy chooses.</summary>
    /// <inheritdoc cref="AllReduce{T}(DeviceBuffer{T}, AllReduceMode, GpuStream)"/>
    public void AllReduce<T>(DeviceBuffer<T> buffer, GpuStream stream)
        where T : unmanaged => AllReduce(buffer, buffer, stream);

    /// <summary>Enqueues an all-reduce of memory that belongs to someone else, as the group's policy chooses.</summary>
    /// <inheritdoc cref="AllReduce(DataType, nint, nint, long, AllReduceMode, nint)"/>
    public void AllReduce(DataType dataType, nint input, nint output, long count, nint stream) =>
        Group.AllReduce(Index, dataType, input, output, count, mode: null, stream);

    /// <inheritdoc cref="AllReduceGroup.Explain"/>
    public PolicyDecision Explain(DataType dataType, long elementCount) => Group.Explain(dataType, elementCount);

    /// <inheritdoc/>
    public bool Equals(GpuRank other) => ReferenceEquals(_group, other._group) && Index == other.Index;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GpuRank other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_group, Index);

    /// <summary>Whether two values are the same rank of the same group.</summary>
    public static bool operator ==(GpuRank left, GpuRank right) => left.Equals(right);

    /// <summary>Whether two values are not the same rank of the same group.</summary>
    public static bool operator !=(GpuRank left, GpuRank right) => !left.Equals(right);
}
