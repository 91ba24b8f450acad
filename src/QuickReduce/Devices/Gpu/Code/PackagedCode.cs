using System.Globalization;

namespace QuickReduce.Devices.Gpu.Code;

/// <summary>Finds the code object of a unit that fits a device, where the build places them.</summary>
/// <param name="applicationDirectory">The application's directory; code objects lie in <c>quickreduce/ARCHITECTURE</c>.</param>
internal sealed class PackagedCode(string applicationDirectory)
{
    /// <summary>Folder of bundles, which are for several architectures.</summary>
    public const string BundleFolder = "amdgcn";

    private const string NvidiaPrefix = "sm_";

    private readonly string _root = Path.GetFullPath(Path.Combine(applicationDirectory, "quickreduce"));

    /// <summary>Reads the best code object for a device.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="device">The device.</param>
    /// <param name="path">Its path, or where the best one would lie.</param>
    /// <param name="reason">Where there is none: what was looked for, and what was found and does not fit.</param>
    /// <returns>The code object; null where there is none that fits.</returns>
    /// <exception cref="NativeLibraryException">It is damaged, or cannot be read.</exception>
    public ReadOnlyMemory<byte>? Find(KernelUnit unit, GpuDevice device, out string path, out string reason)
    {
        var fileName = unit.Name + device.Driver.CodeObjectExtension;
        var target = device.Kind == DeviceKind.Hip ? TargetId.Parse(device.Architecture) : null;
        var folders = target is null ? NvidiaFolders(device.Architecture) : AmdFolders(target);
        List<string> lookedFor = [], refusals = [];
        foreach (var folder in folders)
        {
            path = Path.Combine(_root, folder, fileName);
            lookedFor.Add(path);
            if (!File.Exists(path))
            {
                continue;
            }

            var image = Read(path);
            var refusal = string.Empty;
            if ((target is null ? image : CodeObjectImage.Select(target, image, path, out refusal)) is { } fitting)
            {
                reason = string.Empty;
                return fitting;
            }

            refusals.Add(path + " is " + refusal);
        }

        path = lookedFor[0];
        var others = FoldersWith(fileName).Except(folders).Select(static folder => folder.Replace('_', ':')).ToArray();
        reason = "Looked for: " + string.Join(", ", lookedFor) + "."
            + (refusals.Count > 0 ? " Found, but not for this device: " + string.Join("; ", refusals) + "." : string.Empty)
            + (target is not null && others.Length > 0 ? " Found for other devices: " + string.Join(", ", others) + "." : string.Empty);
        return null;
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

    /// <summary>
    /// The exact target, and then what else runs on it: code that names fewer features, that of its family, and bundles.
    /// </summary>
    private List<string> AmdFolders(TargetId device)
    {
        List<string> folders = [FolderOf(device)];
        var fitting = Folders()
            .Select(static folder => (Folder: folder, Target: TargetId.Parse(folder.Replace('_', ':'))))
            .Where(found => found.Target is { IsGeneric: false } target && target.RunsOn(device))
            .OrderByDescending(static found => found.Target!.Features)
            .Select(static found => found.Folder);
        folders.AddRange(fitting);
        folders.Add(device.Processor);
        if (TargetId.GenericOf(device.Processor) is { } generic)
        {
            folders.Add(generic);
        }

        folders.Add(BundleFolder);
        return [.. folders.Distinct()];
    }

    // A colon can't stand in a Windows file name.
    private static string FolderOf(TargetId target) => target.ToString().Replace(':', '_');

    private IEnumerable<string> Folders() => Directory.Exists(_root) ? Directory.EnumerateDirectories(_root).Select(static folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal) : [];

    private IEnumerable<string> FoldersWith(string fileName) => Folders().Where(folder => File.Exists(Path.Combine(_root, folder, fileName)));

    /// <summary>The exact architecture, and then lower ones, highest first: the driver translates their PTX.</summary>
    private List<string> NvidiaFolders(string architecture)
    {
        var capability = Capability(architecture);

        // The PTX of sm_90a and the like is for exactly that architecture.
        var lower = Folders().Where(folder => folder.StartsWith(NvidiaPrefix, StringComparison.Ordinal) && Capability(folder) is var other and > 0 && other < capability);
        return [architecture, architecture + "a", .. lower.OrderByDescending(Capability)];
    }

    private static int Capability(string architecture) =>
        int.TryParse(architecture.AsSpan(NvidiaPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var capability) ? capability : 0;
}
