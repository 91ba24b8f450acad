using System.Globalization;
using System.Runtime.InteropServices;
using QuickReduce.Devices.Processes;

namespace QuickReduce.Collectives.Processes;

/// <summary>What a call is.</summary>
internal enum CallKind : byte
{
    AllReduce,
    Gather,

    /// <summary>Of a shared buffer.</summary>
    Allocation,
}

/// <summary>
/// What a rank asks for, as its peers see it: travels in the cache line of the flag that says that its data are there.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CallDescriptor : IEquatable<CallDescriptor>
{
    /// <summary>Number of the call, from 1.</summary>
    public ulong CallNumber;

    /// <summary>Elements of the message.</summary>
    public long ElementCount;

    /// <summary>Elements of the output, which should be as many.</summary>
    public long OutputCount;

    /// <summary>Elements that the chunks of the message have.</summary>
    public int ChunkElements;

    /// <summary>Bytes of an element.</summary>
    public int ElementBytes;

    public short GroupSize;
    public sbyte DataType;
    public byte Regime;
    public byte Algorithm;

    /// <summary>Times that data go from one rank to another.</summary>
    public byte Hops;

    /// <summary>Whether a policy chose the regime: 0 or 1.</summary>
    public byte IsByPolicy;
    public byte ScaleFormat;
    public CallProblem Problem;
    public CallKind Kind;

    /// <summary>Which buffers lie in shared memory: where any does, a <see cref="BufferPlacement"/> goes with this.</summary>
    public BufferSharing Sharing;

    /// <summary>Describes a call, apart from what the kernel decides.</summary>
    public static CallDescriptor Of(in RankRequest request, ulong callNumber, CallProblem problem) => new()
    {
        CallNumber = callNumber,
        ElementCount = request.InputLength,
        OutputCount = request.OutputLength,
        ElementBytes = request.ElementBytes,
        GroupSize = (short)request.Mode.GroupSize,
        DataType = (sbyte)request.DataType,
        Regime = (byte)request.Mode.Regime,
        ScaleFormat = (byte)request.Mode.ScaleFormat,
        IsByPolicy = (byte)(request.IsByPolicy ? 1 : 0),
        Problem = problem,
    };

    /// <summary>Whether two ranks ask for the same sum, whatever they would do for it.</summary>
    public readonly bool AsksTheSame(in CallDescriptor other) =>
        Kind == other.Kind && ElementCount == other.ElementCount && DataType == other.DataType && ElementBytes == other.ElementBytes
        && Regime == other.Regime && GroupSize == other.GroupSize && ScaleFormat == other.ScaleFormat && IsByPolicy == other.IsByPolicy && CallNumber == other.CallNumber;

    /// <summary>Whether two ranks would do the same.</summary>
    public readonly bool Equals(CallDescriptor other) =>
        AsksTheSame(other) && ChunkElements == other.ChunkElements && Algorithm == other.Algorithm && Hops == other.Hops && Problem == other.Problem && Sharing == other.Sharing;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is CallDescriptor other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(CallNumber, ElementCount, DataType, Regime, GroupSize);

    /// <summary>The request that this describes, without its buffers.</summary>
    public readonly RankRequest ToRequest() => new()
    {
        InputLength = (nint)ElementCount,
        OutputLength = (nint)OutputCount,
        DataType = (DataType)DataType,
        Mode = new AllReduceMode((QuantRegime)Regime, GroupSize, (ScaleFormat)ScaleFormat),
        ElementBytes = ElementBytes,
        IsByPolicy = IsByPolicy != 0,
    };

    /// <summary>For messages: <c>the all-reduce of 4096 elements of float16, Int4 (call 7)</c>.</summary>
    public readonly string Name() => (Kind == CallKind.Allocation ? "the allocation of " : "the all-reduce of ") + ToString();

    /// <summary>For messages: <c>4096 elements of float16, Int4 (call 7)</c>.</summary>
    public override readonly string ToString() => What() + " (call " + CallNumber.ToString(CultureInfo.InvariantCulture) + ")";

    private readonly string What() => Kind == CallKind.Allocation
        ? string.Create(CultureInfo.InvariantCulture, $"a shared buffer of {ElementCount} elements of {ElementBytes} bytes")
        : ToRequest().Describe();
}
