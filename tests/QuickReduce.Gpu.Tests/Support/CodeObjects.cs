using QuickReduce.Devices.Host;

namespace QuickReduce.Gpu.Tests;

/// <summary>A directory laid out as the build lays out an application's, with code objects for the stand-in driver.</summary>
internal sealed class CodeObjects : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("quickreduce-gpu-test").FullName;

    /// <summary>Code objects of kernels that do nothing.</summary>
    public static CodeObjects ThatDoNothing(KernelSet kernels, string architecture = "sm_90", string extension = ".ptx")
    {
        var objects = new CodeObjects();
        objects.Add(kernels, architecture, extension);
        return objects;
    }

    /// <summary>Code objects that run what the build made of a set's kernels for this processor.</summary>
    public static CodeObjects OfHostLibraries(KernelSet kernels, string architecture = "sm_90", string extension = ".ptx")
    {
        var objects = new CodeObjects();
        foreach (var unit in kernels.Units)
        {
            var library = HostInstructionLevel.Supported.Select(level => Path.Combine(AppContext.BaseDirectory, "quickreduce", "host", level, unit.Name + ".so")).First(File.Exists);
            objects.Write(unit, architecture, extension, "// kernels of a library\n// library: " + library + "\n");
        }

        return objects;
    }

    /// <summary>Adds kernels that do nothing.</summary>
    /// <param name="kernels">The kernels.</param>
    /// <param name="architecture">What they claim to be compiled for.</param>
    /// <param name="extension">Extension of the files.</param>
    /// <param name="sourceId">The source that they say they were compiled from; null for the units' own, empty for none.</param>
    public void Add(KernelSet kernels, string architecture, string extension = ".ptx", string? sourceId = null)
    {
        foreach (var unit in kernels.Units)
        {
            Write(unit, architecture, extension, (sourceId == string.Empty ? string.Empty : "// source: " + (sourceId ?? unit.SourceId) + "\n")
                + "// kernels: " + string.Join(' ', kernels.Variants.Where(variant => unit.Name.EndsWith("." + variant.UnitName, StringComparison.Ordinal)).Select(static variant => variant.KernelName)) + "\n");
        }
    }

    /// <summary>Writes one code object.</summary>
    public void Write(KernelUnit unit, string architecture, string extension, string text)
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "quickreduce", architecture));
        File.WriteAllText(Path.Combine(folder.FullName, unit.Name + extension), text);
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
