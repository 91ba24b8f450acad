using System.Globalization;

namespace QuickReduce.Devices.Gpu.Hip;

/// <summary>
/// What Linux knows of AMD's cards without any library of ROCm: cards on the bus, the kernel driver, and whether this user may
/// open it. Explains why there is no device where the HIP run time only says that there is none.
/// </summary>
/// <param name="Cards">AMD graphics and compute cards on the PCI bus.</param>
/// <param name="Processors">What the kernel driver says they are, <c>gfx942</c>, one for each; none without the driver.</param>
/// <param name="DriverVersion">Version of the kernel driver amdgpu; null where it is the kernel's own or there is none.</param>
/// <param name="HasDriver">Whether the driver for computing is there: <c>/dev/kfd</c>.</param>
/// <param name="MayOpen">Whether this user may open it.</param>
/// <remarks>Source: the kernel's documentation of amdgpu and its topology in <c>/sys/class/kfd</c>.</remarks>
internal sealed record AmdSystem(int Cards, IReadOnlyList<string> Processors, string? DriverVersion, bool HasDriver, bool MayOpen)
{
    private const string Vendor = "0x1002";

    // Display controllers, and processing accelerators, which the cards without a display are.
    private static readonly string[] Classes = ["0x03", "0x12"];

    /// <summary>What to do so that the HIP run time can have devices; null where nothing is missing, or there are no cards.</summary>
    public string? Remedy =>
        Cards == 0 && !HasDriver ? null
        : !HasDriver ? "There are " + Cards + " AMD cards and no /dev/kfd. Install the kernel driver (amdgpu-dkms) and load it; start a container with --device /dev/kfd --device /dev/dri."
        : !MayOpen ? "This user may not open /dev/kfd. Add the user to its groups (usermod -a -G render,video USER) and log in again; start a container with --group-add video --group-add render."
        : null;

    /// <summary>Looks at a system.</summary>
    /// <param name="root">Where its file system begins.</param>
    public static AmdSystem Examine(string root = "/")
    {
        var device = Path.Combine(root, "dev/kfd");
        var hasDriver = File.Exists(device);
        return new AmdSystem(
            Folders(Path.Combine(root, "sys/bus/pci/devices")).Count(static folder => Text(folder, "vendor") == Vendor && Text(folder, "class") is { } kind && Classes.Any(prefix => kind.StartsWith(prefix, StringComparison.Ordinal))),
            [.. Folders(Path.Combine(root, "sys/class/kfd/kfd/topology/nodes")).OrderBy(static folder => int.TryParse(Path.GetFileName(folder), out var node) ? node : int.MaxValue).Select(ProcessorOf).OfType<string>()],
            Text(Path.Combine(root, "sys/module/amdgpu"), "version"),
            hasDriver,
            hasDriver && MayOpenFile(device));
    }

    /// <summary>The name of a version as the kernel writes it: 90402 is gfx942, 90010 is gfx90a; null for none.</summary>
    internal static string? ProcessorOf(int version) => version <= 0 ? null
        : string.Create(CultureInfo.InvariantCulture, $"gfx{version / 10000}{version / 100 % 100:x}{version % 100:x}");

    private static string? ProcessorOf(string node)
    {
        const string Label = "gfx_target_version ";
        var line = Text(node, "properties")?.Split('\n').FirstOrDefault(static line => line.StartsWith(Label, StringComparison.Ordinal));

        // Processors are nodes as well, of version 0.
        return line is not null && int.TryParse(line.AsSpan(Label.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? ProcessorOf(version) : null;
    }

    private static IEnumerable<string> Folders(string folder) => Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [];

    private static string? Text(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file)).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool MayOpenFile(string path)
    {
        try
        {
            using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
