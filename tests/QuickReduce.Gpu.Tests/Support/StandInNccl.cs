using System.Runtime.InteropServices;

namespace QuickReduce.Gpu.Tests;

/// <summary>The stand-in for NCCL (<c>native/fake_nccl.c</c>), once for each process: it works on the streams of one stand-in for the driver.</summary>
internal sealed unsafe class StandInNccl
{
    private static readonly Lazy<string> Compiled = new(static () => NativeLibraryOfTests.Compile("fake_nccl.c"));

    private readonly nint _handle;

    /// <summary>Loads it.</summary>
    /// <param name="path">The compiled library.</param>
    /// <param name="driver">The driver whose streams it works on.</param>
    public StandInNccl(string path, StandInDriver driver)
    {
        _handle = NativeLibrary.Load(path);
        ((delegate* unmanaged<nint, void>)NativeLibrary.GetExport(_handle, "fake_nccl_use"))(driver.CallQueue);
    }

    /// <summary>The compiled library, of which processes that a test starts are told.</summary>
    public static string Library => Compiled.Value;

    /// <summary>Communicators that were neither destroyed nor aborted.</summary>
    public int Alive => ((delegate* unmanaged<int>)NativeLibrary.GetExport(_handle, "fake_nccl_alive"))();

    /// <summary>Lets the next call of a function fail.</summary>
    public void Fail(string function, int error)
    {
        var name = Marshal.StringToCoTaskMemUTF8(function);
        ((delegate* unmanaged<nint, int, void>)NativeLibrary.GetExport(_handle, "fake_nccl_fail"))(name, error);
        Marshal.FreeCoTaskMem(name);
    }

    /// <summary>Has something go wrong beside the calls.</summary>
    public void SetAsyncError(int error) => ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(_handle, "fake_nccl_set_async_error"))(error);
}
