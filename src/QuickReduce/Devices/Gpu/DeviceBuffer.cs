using System.Runtime.CompilerServices;

namespace QuickReduce;

/// <summary>Memory on a GPU, of elements of one type.</summary>
/// <typeparam name="T">Type of the elements.</typeparam>
/// <remarks>
/// Copies are ordered with other work on their stream, and the host's side is done when they return. Thread-safe as
/// far as the work that is enqueued is.
/// </remarks>
public sealed unsafe class DeviceBuffer<T> : GpuResource
    where T : unmanaged
{
    internal DeviceBuffer(GpuDevice device, long length)
        : base(device, Allocate(device, length)) => Length = length;

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Copies from the host to the start of the buffer.</summary>
    /// <param name="source">At most <see cref="Length"/> elements.</param>
    /// <param name="stream">A stream of the buffer's device.</param>
    /// <exception cref="ArgumentException"><paramref name="source"/> is longer than the buffer.</exception>
    /// <exception cref="GpuException">The stream is another device's, or the copy failed.</exception>
    public void CopyFrom(ReadOnlySpan<T> source, GpuStream stream)
    {
        Require(source.Length, stream);
        fixed (T* elements = source)
        {
            Device.Driver.CopyFromHost(Device.Index, Handle, elements, source.Length * (nint)sizeof(T), stream.Handle);
            stream.Synchronize();
        }
    }

    /// <summary>Copies from the start of the buffer to the host, and waits for it.</summary>
    /// <param name="destination">At most <see cref="Length"/> elements.</param>
    /// <param name="stream">A stream of the buffer's device.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is longer than the buffer.</exception>
    /// <exception cref="GpuException">The stream is another device's, or the copy, or work before it, failed.</exception>
    public void CopyTo(Span<T> destination, GpuStream stream)
    {
        Require(destination.Length, stream);
        fixed (T* elements = destination)
        {
            Device.Driver.CopyToHost(Device.Index, elements, Handle, destination.Length * (nint)sizeof(T), stream.Handle);
            stream.Synchronize();
        }
    }

    /// <summary>Enqueues a copy of another buffer of the device to the start of this one.</summary>
    /// <exception cref="ArgumentException"><paramref name="source"/> is longer than this buffer, or another device's.</exception>
    /// <exception cref="GpuException">The stream is another device's, or the driver refuses the copy.</exception>
    public void CopyFrom(DeviceBuffer<T> source, GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(source);
        Require(source.Length, stream);
        if (!ReferenceEquals(source.Device, Device))
        {
            throw new ArgumentException("The source is on " + source.Device + ", this buffer on " + Device + ".", nameof(source));
        }

        Device.Driver.Copy(Device.Index, Handle, source.Handle, (nint)source.Length * sizeof(T), stream.Handle);
    }

    /// <summary>Enqueues filling every byte of the buffer with a value.</summary>
    /// <exception cref="GpuException">The stream is another device's, or the driver refuses it.</exception>
    public void Fill(byte value, GpuStream stream)
    {
        Require(Length, stream);
        Device.Driver.Fill(Device.Index, Handle, value, (nint)Length * sizeof(T), stream.Handle);
    }

    private protected override void Release(nint handle)
    {
        if (handle != 0)
        {
            Device.Driver.Free(Device.Index, handle);
        }
    }

    private static nint Allocate(GpuDevice device, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, nint.MaxValue / Unsafe.SizeOf<T>());
        return length == 0 ? 0 : device.Driver.Allocate(device.Index, (nint)length * sizeof(T));
    }

    private void Require(long length, GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (length > Length)
        {
            throw new ArgumentException(length + " elements do not fit into a buffer of " + Length + ".", nameof(length));
        }

        if (!ReferenceEquals(stream.Device, Device))
        {
            throw new GpuException(GpuProblem.InvalidStream, "A stream of " + stream.Device + " cannot work on a buffer of " + Device + ". Use a stream of the buffer's device.");
        }
    }
}
