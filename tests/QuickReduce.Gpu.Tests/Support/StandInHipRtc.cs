using System.Runtime.InteropServices;
using QuickReduce.Devices.Gpu.Hip;

namespace QuickReduce.Gpu.Tests;

/// <summary>The stand-in for hipRTC (<c>native/fake_hiprtc.c</c>), loaded anew for every test: it compiles with clang 22.</summary>
internal sealed unsafe class StandInHipRtc : IDisposable
{
    /// <summary>What it starts, besides what compiles itself.</summary>
    public const string Compiler = "clang++-22";

    private static readonly Lazy<string> Compiled = new(() => NativeLibraryOfTests.Compile("fake_hiprtc.c"));

    private readonly nint _handle;

    public StandInHipRtc()
    {
        Library = Path.Combine(Path.GetTempPath(), "quickreduce-hiprtc-" + Guid.NewGuid().ToString("N") + ".so");
        File.Copy(Compiled.Value, Library);
        _handle = NativeLibrary.Load(Library);
    }

    /// <summary>Path of the library.</summary>
    public string Library { get; }

    /// <summary>How often it has compiled.</summary>
    public int Compilations => ((delegate* unmanaged<int>)Export("fake_compilations"))();

    /// <summary>Programs that were created and not destroyed.</summary>
    public int Alive => ((delegate* unmanaged<int>)Export("fake_programs"))();

    /// <summary>Lets the next compilation end with an error and without a word.</summary>
    public void FailNext(int error) => ((delegate* unmanaged<int, void>)Export("fake_fail_next"))(error);

    /// <summary>Loads it as the run time does.</summary>
    public HipRtc Load() => HipRtc.TryLoad([Library], out var compiler, out var reason) ? compiler! : throw new InvalidOperationException(reason);

    public void Dispose() => File.Delete(Library);

    private nint Export(string name) => NativeLibrary.GetExport(_handle, name);
}
