using System.Text;
using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// The code objects of a group: found or made (<see cref="CodeSource"/>), checked against the source that the application was
/// built from, and loaded once per unit and device.
/// </summary>
internal sealed class GpuModules(KernelSet kernelSet, CodeSource source) : IDisposable
{
    private const string SourceIdName = "quickreduce_source_id";
    private const int SourceIdLength = 16;

    private readonly Dictionary<(GpuDevice Device, KernelUnit Unit), Module> _modules = [];

    /// <summary>What is loaded.</summary>
    public IReadOnlyList<LoadedCode> Loaded => [.. _modules.Select(static entry => new LoadedCode(entry.Key.Unit, entry.Key.Device, entry.Value.Code.Origin, entry.Value.Code.Path))];

    /// <summary>A variant's function on a device.</summary>
    /// <exception cref="NativeLibraryException">The code object is missing, damaged, stale, or refused by the driver.</exception>
    /// <exception cref="KernelCompilationException">It had to be compiled now, and the compiler refused it.</exception>
    public nint Function(GpuDevice device, KernelVariant variant)
    {
        var unit = kernelSet.UnitOf(variant)
            ?? throw new NativeLibraryException(NativeLibraryProblem.Missing, null, kernelSet.Name + " has no translation unit for " + variant + ", so no code object can be built for it.");
        var module = ModuleOf(device, unit);
        var function = device.Driver.Function(device.Index, module.Handle, variant.KernelName);
        return function != 0
            ? function
            : throw Failure(NativeLibraryProblem.NotLoadable, module.Code.Path, "it has no kernel " + variant.KernelName);
    }

    /// <summary>Unloads the modules. No kernel may be running.</summary>
    public void Dispose()
    {
        foreach (var ((device, _), module) in _modules)
        {
            device.Driver.UnloadModule(device.Index, module.Handle);
        }

        _modules.Clear();
    }

    private Module ModuleOf(GpuDevice device, KernelUnit unit)
    {
        if (_modules.TryGetValue((device, unit), out var known))
        {
            return known;
        }

        var code = source.Find(unit, device);
        var handle = device.Driver.LoadModule(device.Index, code.Image.Span, out var log);
        if (handle == 0)
        {
            throw new NativeLibraryException(NativeLibraryProblem.NotLoadable, code.Path, device + " cannot load the code object " + code.Path + ": " + log + ". Rebuild the application for this device, or install a newer driver.");
        }

        var module = new Module(handle, code);
        _modules.Add((device, unit), module);
        RequireSource(device, unit, handle, code.Path);
        return module;
    }

    private static unsafe void RequireSource(GpuDevice device, KernelUnit unit, nint module, string path)
    {
        var address = device.Driver.Global(device.Index, module, SourceIdName, out var bytes);
        if (address == 0 || bytes < SourceIdLength)
        {
            throw Failure(NativeLibraryProblem.NotLoadable, path, "it does not say which source it was compiled from (" + SourceIdName + ")");
        }

        var text = stackalloc byte[SourceIdLength];
        using (var stream = device.CreateStream())
        {
            device.Driver.CopyToHost(device.Index, text, address, SourceIdLength, stream.Handle);
            stream.Synchronize();
        }

        var sourceId = Encoding.Latin1.GetString(text, SourceIdLength);
        if (!string.Equals(sourceId, unit.SourceId, StringComparison.Ordinal))
        {
            throw Failure(NativeLibraryProblem.Stale, path, "it was compiled from source " + sourceId + ", and the application has source " + unit.SourceId);
        }
    }

    private static NativeLibraryException Failure(NativeLibraryProblem problem, string path, string what) =>
        new(problem, path, "The code object " + path + " cannot be used: " + what + ". Rebuild the application.");

    private sealed record Module(nint Handle, DeviceCode Code);
}
