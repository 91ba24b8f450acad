using System.Text;
using QuickReduce.Devices.Gpu;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// The code objects of a group: found where the build places them, checked against the source that the application was
/// built from, and loaded once per unit and device.
/// </summary>
internal sealed class GpuModules(KernelSet kernelSet, string directory) : IDisposable
{
    private const string SourceIdName = "quickreduce_source_id";
    private const int SourceIdLength = 16;

    private readonly Dictionary<(GpuDevice Device, KernelUnit Unit), nint> _modules = [];

    /// <summary>A variant's function on a device.</summary>
    /// <exception cref="NativeLibraryException">The code object is missing, stale, or refused by the driver.</exception>
    public nint Function(GpuDevice device, KernelVariant variant)
    {
        var unit = kernelSet.UnitOf(variant)
            ?? throw new NativeLibraryException(NativeLibraryProblem.Missing, null, kernelSet.Name + " has no translation unit for " + variant + ", so no code object can be built for it.");
        var path = CodeObjectFile.Find(directory, unit, device);
        var function = device.Driver.Function(device.Index, Module(device, unit, path), variant.KernelName);
        return function != 0
            ? function
            : throw Failure(NativeLibraryProblem.NotLoadable, path, "it has no kernel " + variant.KernelName);
    }

    /// <summary>Unloads the modules. No kernel may be running.</summary>
    public void Dispose()
    {
        foreach (var ((device, _), module) in _modules)
        {
            device.Driver.UnloadModule(device.Index, module);
        }

        _modules.Clear();
    }

    private nint Module(GpuDevice device, KernelUnit unit, string path)
    {
        if (!_modules.TryGetValue((device, unit), out var module))
        {
            module = device.Driver.LoadModule(device.Index, Read(path), out var log);
            if (module == 0)
            {
                throw new NativeLibraryException(NativeLibraryProblem.NotLoadable, path, device + " cannot load the code object " + path + ": " + log + ". Rebuild the application for this device, or install a newer driver.");
            }

            _modules.Add((device, unit), module);
            RequireSource(device, unit, module, path);
        }

        return module;
    }

    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NativeLibraryException(NativeLibraryProblem.NotLoadable, path, "The code object " + path + " cannot be read: " + exception.Message, exception);
        }
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
}
