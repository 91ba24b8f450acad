using System.Globalization;

namespace QuickReduce.Devices.Gpu;

/// <summary>Finds the code object of a unit that fits a device, where the build places them.</summary>
internal static class CodeObjectFile
{
    private const string NvidiaPrefix = "sm_";

    /// <summary>Path of the best code object for a device.</summary>
    /// <param name="directory">The application's directory; code objects lie in <c>quickreduce/ARCHITECTURE</c>.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="device">The device.</param>
    /// <exception cref="NativeLibraryException">There is none.</exception>
    public static string Find(string directory, KernelUnit unit, GpuDevice device)
    {
        var root = Path.GetFullPath(Path.Combine(directory, "quickreduce"));
        var fileName = unit.Name + device.Driver.CodeObjectExtension;
        var architectures = device.Kind == DeviceKind.Cuda
            ? NvidiaArchitectures(root, device.Architecture)
            : AmdArchitectures(device.Architecture);
        List<string> lookedFor = [];
        foreach (var architecture in architectures)
        {
            var path = Path.Combine(root, architecture, fileName);
            if (File.Exists(path))
            {
                return path;
            }

            lookedFor.Add(path);
        }

        throw new NativeLibraryException(
            NativeLibraryProblem.Missing,
            lookedFor[0],
            "There is no code object of " + unit.Name + " for " + device + ". Looked for: " + string.Join(", ", lookedFor)
                + ". Rebuild the application with " + device.Architecture.Split(':')[0] + " in QuickReduceOffloadArchs and clang installed.");
    }

    /// <summary>The exact architecture, and then lower ones, highest first: the driver translates their PTX.</summary>
    private static List<string> NvidiaArchitectures(string root, string architecture)
    {
        var capability = Capability(architecture);
        List<string> lower = [];
        if (Directory.Exists(root))
        {
            foreach (var folder in Directory.EnumerateDirectories(root, NvidiaPrefix + "*"))
            {
                // The PTX of sm_90a and the like is for exactly that architecture.
                var name = Path.GetFileName(folder);
                if (Capability(name) is var other and > 0 && other < capability)
                {
                    lower.Add(name);
                }
            }
        }

        lower.Sort(static (left, right) => Capability(right).CompareTo(Capability(left)));
        return [architecture, architecture + "a", .. lower];
    }

    private static int Capability(string architecture) =>
        int.TryParse(architecture.AsSpan(NvidiaPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var capability) ? capability : 0;

    /// <summary>With its features, as the build names the folder; without; and the generic one of its family.</summary>
    private static List<string> AmdArchitectures(string architecture)
    {
        var processor = architecture.Split(':')[0];
        List<string> architectures = [architecture.Replace(':', '_')];
        if (processor.Length < architecture.Length)
        {
            architectures.Add(processor);
        }

        if (processor is "gfx942" or "gfx950")
        {
            architectures.Add("gfx9-4-generic");
        }

        return architectures;
    }
}
