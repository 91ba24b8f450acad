using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QuickReduce.Cli.Launch;

/// <summary>
/// A program that was started in a session and process group of its own, so that signals reach all that it starts in turn.
/// </summary>
/// <remarks>
/// .NET's own <c>Process</c> can do neither that nor tell a signal from an exit code. Thread-safe until it is disposed, which
/// is for when it has ended, or is to.
/// </remarks>
internal sealed unsafe class SpawnedProcess : IDisposable
{
    private SpawnedProcess(int id) => Id = id;

    /// <summary>Number of the process and of its group.</summary>
    public int Id { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="command">The program, looked for on the path where it names no folder, and its arguments.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="streams">Its standard input, output and error; null for those of this process.</param>
    /// <exception cref="Win32Exception">It cannot be started; <see cref="Win32Exception.NativeErrorCode"/> says why.</exception>
    public static SpawnedProcess Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, params ReadOnlySpan<SafeFileHandle?> streams)
    {
        byte* actions = stackalloc byte[LibC.StructureBytes];
        byte* attributes = stackalloc byte[LibC.StructureBytes];
        byte* signals = stackalloc byte[LibC.StructureBytes];
        using var arguments = new NativeStrings(command);
        using var variables = new NativeStrings([.. environment.Select(static variable => variable.Key + "=" + variable.Value)]);
        _ = LibC.InitializeActions(actions);
        _ = LibC.InitializeAttributes(attributes);
        try
        {
            // What this process ignores or blocks, a program that knows nothing of it should not.
            _ = LibC.SetFlags(attributes, LibC.NewSession | LibC.DefaultSignals | LibC.SignalMask);
            _ = LibC.AllSignals(signals);
            _ = LibC.SetDefaultSignals(attributes, signals);
            _ = LibC.NoSignals(signals);
            _ = LibC.SetSignalMask(attributes, signals);
            for (var target = 0; target < streams.Length; target++)
            {
                if (streams[target] is { } stream)
                {
                    _ = LibC.AddDuplicate(actions, (int)stream.DangerousGetHandle(), target);
                }
            }

            int id;
            var error = LibC.Spawn(&id, arguments.First, actions, attributes, arguments.List, variables.List);
            return error == 0 ? new SpawnedProcess(id) : throw new Win32Exception(error);
        }
        finally
        {
            _ = LibC.DestroyActions(actions);
            _ = LibC.DestroyAttributes(attributes);
        }
    }

    /// <summary>A pipe, neither end of which other programs inherit unless they are given it.</summary>
    /// <exception cref="Win32Exception">There are too many open files.</exception>
    public static (SafeFileHandle Reading, SafeFileHandle Writing) CreatePipe()
    {
        var ends = stackalloc int[2];
        return LibC.Pipe(ends, LibC.CloseOnExec) == 0
            ? (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw new Win32Exception();
    }

    /// <summary>Sends a signal to its process group: to what it has started too, also when it has ended itself.</summary>
    public void Send(Signal signal) => _ = LibC.Kill(-Id, (int)signal);

    /// <summary>Waits until it ends. Its number, and its group's, stay its own until it is disposed.</summary>
    public ProcessEnding Wait()
    {
        LibC.ChildInformation information;
        while (LibC.WaitId(LibC.OneProcess, Id, &information, LibC.Ended | LibC.LeaveWaitable) != 0)
        {
            if (Marshal.GetLastPInvokeError() != LibC.InterruptedCall)
            {
                throw new Win32Exception();
            }
        }

        return information.Code == LibC.Exited ? new ProcessEnding(information.Status, null) : new ProcessEnding(0, (Signal)information.Status);
    }

    /// <summary>Kills what is left of its group, if anything is, and gives its number back.</summary>
    public void Dispose()
    {
        Send(Signal.SIGKILL);
        while (LibC.WaitPid(Id, null, 0) < 0 && Marshal.GetLastPInvokeError() == LibC.InterruptedCall)
        {
        }
    }

    /// <summary>A null-terminated list of null-terminated strings.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly int _count;

        public NativeStrings(IReadOnlyList<string> strings)
        {
            _count = strings.Count;
            List = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
            {
                List[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
            }
        }

        public byte** List { get; }

        public byte* First => List[0];

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
            {
                Marshal.FreeCoTaskMem((nint)List[i]);
            }

            NativeMemory.Free(List);
        }
    }
}
