using QuickReduce.Collectives.Processes;

namespace QuickReduce;

/// <summary>
/// Memory of this rank that the ranks of its group can read and write where it lies:
/// <see cref="Communicator.AllocateShared{T}"/>. All-reduces in full precision between such buffers copy nothing on the
/// way; what is allocated once and used in every call is worth it.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
/// <remarks>
/// <para>For the thread that uses the communicator. The memory begins as zeros, at the start of a page.</para>
/// <para><see cref="Dispose"/> gives back what this rank has mapped, and with the last rank the memory goes: ranks need
/// not dispose at the same time, and may dispose before or after their communicator. Spans of it must not be used
/// afterwards. Once a group is over, what a shared output holds is undefined, and a peer that has not noticed yet may
/// still write to it: dispose it then, and allocate another in the next group.</para>
/// </remarks>
public sealed unsafe class SharedBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly Communicator _communicator;
    private SharedMemoryPart? _part;

    internal SharedBuffer(Communicator communicator, SharedMemoryPart part, int length)
    {
        _communicator = communicator;
        _part = part;
        Length = length;
    }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>The elements of this rank. Pass all of it, or a part, to an all-reduce.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_part is null, this);
            return new Span<T>(_part.Start, Length);
        }
    }

    /// <summary>What an all-reduce takes: the elements of a buffer.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public static implicit operator Span<T>(SharedBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Span;
    }

    /// <summary>The same, to be read only.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public static implicit operator ReadOnlySpan<T>(SharedBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Span;
    }

    /// <summary>
    /// Gives the memory back, on this rank alone. Waits for a call that another thread is in. Does nothing the second time.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _part, null) is { } part)
        {
            _communicator.Free(part);
        }
    }
}
