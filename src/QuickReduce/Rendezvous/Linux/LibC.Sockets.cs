using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace QuickReduce.Rendezvous.Linux;

/// <content>Sockets in the file system, as far as a rank that joins needs them.</content>
internal static unsafe partial class LibC
{
    private const int UnixFamily = 1;
    private const int CloseOnExecuteStream = 0x80001;
    private const int NoSignal = 0x4000;
    private const int BothDirections = 2;
    private const int Interrupted = 4;
    private const int FamilyBytes = sizeof(ushort);
    private const int MaxSocketPath = 108; // with the zero at its end

    /// <summary>Opens a socket.</summary>
    /// <exception cref="IOException">There is none to be had.</exception>
    public static SafeFileHandle OpenUnixSocket()
    {
        var socket = Socket(UnixFamily, CloseOnExecuteStream, 0);
        return socket >= 0 ? new SafeFileHandle(socket, ownsHandle: true) : throw Failure();
    }

    /// <summary>Connects a socket to one that listens; false where there is none.</summary>
    public static bool TryConnect(SafeHandle socket, string path)
    {
        var length = Encoding.UTF8.GetByteCount(path);
        if (length >= MaxSocketPath)
        {
            return false;
        }

        Span<byte> address = stackalloc byte[FamilyBytes + MaxSocketPath];
        address.Clear();
        address[0] = UnixFamily;
        Encoding.UTF8.GetBytes(path, address[FamilyBytes..]);
        fixed (byte* start = address)
        {
            int result;
            do
            {
                result = Connect(socket, start, (uint)(FamilyBytes + length + 1));
            }
            while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return result == 0;
        }
    }

    /// <summary>Sends some of the bytes and says how many.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public static int Send(SafeHandle socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint sent;
            do
            {
                sent = Send(socket, start, bytes.Length, NoSignal);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return sent >= 0 ? (int)sent : throw Failure();
        }
    }

    /// <summary>Receives some bytes and says how many; 0 at the end.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public static int Receive(SafeHandle socket, Span<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint received;
            do
            {
                received = Receive(socket, start, bytes.Length, 0);
            }
            while (received < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return received >= 0 ? (int)received : throw Failure();
        }
    }

    /// <summary>Ends a connection in both directions: whoever waits on it, here or on the other side, learns of it.</summary>
    public static void ShutDown(SafeHandle socket)
    {
        if (!socket.IsClosed)
        {
            _ = ShutDown(socket, BothDirections);
        }
    }

    private static IOException Failure() => new(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(SafeHandle socket, byte* address, uint bytes);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeHandle socket, byte* text, nint bytes, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeHandle socket, byte* text, nint bytes, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int ShutDown(SafeHandle socket, int how);
}
