namespace QuickReduce.Devices.Gpu.Code;

/// <summary>A code object for one device.</summary>
/// <param name="Image">What the driver loads.</param>
/// <param name="Path">Its file; that which it would have, where it was not written.</param>
/// <param name="Origin">Where it comes from.</param>
internal sealed record DeviceCode(ReadOnlyMemory<byte> Image, string Path, CodeOrigin Origin);

/// <summary>
/// Where a group's code objects come from: what the build placed beside the application, else what was compiled on this
/// machine before, else the compiler of the driver's vendor, in this process.
/// </summary>
/// <param name="kernels">The kernels.</param>
/// <param name="directory">The application's directory.</param>
/// <param name="compiles">Whether kernels may be compiled.</param>
/// <param name="cache">What was compiled before; null where nothing is kept.</param>
/// <param name="progress">Told of every unit that is about to be compiled; null for nobody.</param>
internal sealed class CodeSource(KernelSet kernels, string directory, bool compiles, CodeCache? cache, IProgress<KernelCompilation>? progress = null)
{
    private readonly PackagedCode _packaged = new(directory);
    private readonly Dictionary<(KernelUnit Unit, string Architecture), DeviceCode> _found = [];

    /// <summary>The code object of a unit for a device: the same one for all devices of a kind.</summary>
    /// <exception cref="NativeLibraryException">There is none and none can be made, or it is damaged.</exception>
    /// <exception cref="KernelCompilationException">The compiler refuses the unit.</exception>
    public DeviceCode Find(KernelUnit unit, GpuDevice device)
    {
        var key = (unit, device.Architecture);
        if (!_found.TryGetValue(key, out var code))
        {
            code = Look(unit, device);
            _found.Add(key, code);
        }

        return code;
    }

    private DeviceCode Look(KernelUnit unit, GpuDevice device)
    {
        if (_packaged.Find(unit, device, out var path, out var notPackaged) is { } image)
        {
            return new DeviceCode(image, path, CodeOrigin.Packaged);
        }

        var notCompiled = "GpuGroupOptions.CompileMissingKernels is false";
        if (compiles && device.Driver.FindCompiler(out notCompiled) is { } compiler)
        {
            if (kernels.SourceOf(unit) is { } text)
            {
                return Compile(unit, text, device, compiler);
            }

            notCompiled = "the assembly of " + kernels.Name + " does not carry its text";
        }

        throw new NativeLibraryException(
            NativeLibraryProblem.Missing,
            path,
            "There is no code object of " + unit.Name + " for " + device + ". " + notPackaged + " It was not compiled now: " + notCompiled
                + ". Rebuild the application with " + device.Architecture.Split(':')[0] + " in QuickReduceOffloadArchs and clang installed.");
    }

    private DeviceCode Compile(KernelUnit unit, string text, GpuDevice device, RuntimeCompiler compiler)
    {
        var architecture = device.Architecture;
        if (cache is null)
        {
            return new DeviceCode(Make(), compiler.Name, CodeOrigin.Compiled);
        }

        var key = CodeCache.Key(text, compiler.Options(architecture), compiler.Identity);
        var description = new CachedCode(key, unit.Name, architecture, compiler.Identity);
        var code = cache.GetOrAdd(description, Make, out var wasCached);
        return new DeviceCode(code, cache.PathOf(key), wasCached ? CodeOrigin.Cached : CodeOrigin.Compiled);

        byte[] Make()
        {
            progress?.Report(new KernelCompilation(unit, device));
            return compiler.Compile(unit.Name, text, architecture);
        }
    }
}
