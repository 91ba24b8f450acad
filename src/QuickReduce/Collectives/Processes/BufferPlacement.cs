using System.Runtime.InteropServices;

namespace QuickReduce.Collectives.Processes;

/// <summary>
/// Where a rank's buffers lie in memory that the group shares, as its peers see it: travels beside the
/// <see cref="CallDescriptor"/>, where that says that there is any. Zero for a buffer of the rank's own.
/// </summary>
/// <param name="InputBuffer">Number of the shared buffer that the input lies in, from 1.</param>
/// <param name="OutputBuffer">That of the output.</param>
/// <param name="InputOffset">Bytes from the start of the rank's part of it to the input.</param>
/// <param name="OutputOffset">The same of the output.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BufferPlacement(uint InputBuffer, uint OutputBuffer, long InputOffset, long OutputOffset);
