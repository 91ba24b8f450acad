using QuickReduce.Policy;

namespace QuickReduce;

/// <summary>
/// What was measured on one machine: how long variants take for messages of which size, and how exact they are.
/// <c>quickreduce tune</c> writes one, and groups choose by it (<c>docs/policy.md</c>).
/// </summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed record TuningProfile
{
    /// <summary>Version of the file format that this library reads and writes.</summary>
    public const int FormatVersion = 1;

    /// <summary>The machine that was measured.</summary>
    public required MachineFingerprint Machine { get; init; }

    /// <summary>The GPU driver, by name and version; null where only the CPU was measured.</summary>
    public string? Driver { get; init; }

    /// <summary>Version of QuickReduce that measured.</summary>
    public required string LibraryVersion { get; init; }

    /// <summary>The commit that was measured; null where it isn't known.</summary>
    public string? Commit { get; init; }

    /// <summary>When it was measured.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>
    /// The accuracy floor that the profile was made with: quantised variants with a lower signal-to-noise ratio, in dB,
    /// were left out. Null where there was none.
    /// </summary>
    public double? MinSnrDb { get; init; }

    /// <summary>What was measured, in any order.</summary>
    public required IReadOnlyList<TuningEntry> Entries { get; init; }

    /// <summary>Reads a profile.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="TuningProfileException">It cannot be read, is no profile, or one of another version.</exception>
    public static TuningProfile Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return TuningProfileFile.Read(path);
    }

    /// <summary>Reads a profile and makes sure that it was made on this machine.</summary>
    /// <param name="path">The file.</param>
    /// <param name="machine">This machine: <see cref="MachineFingerprint.Current"/>.</param>
    /// <param name="device">What is to run the kernels (<see cref="RequireMachine"/>).</param>
    /// <exception cref="TuningProfileException">It cannot be read, is no profile, or one of another version or machine.</exception>
    public static TuningProfile Load(string path, MachineFingerprint machine, DeviceKind device)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var profile = Load(path);
        profile.RequireMachine(machine, device, path);
        return profile;
    }

    /// <summary>Writes the profile. The file is there as a whole or not at all.</summary>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <exception cref="ArgumentException">An entry could not be read again: its variant, range or time is impossible.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TuningProfileFile.Write(path, this);
    }

    /// <summary>
    /// What was measured for messages like this one, fastest first; empty where nothing was. Equally fast variants come
    /// in the order of <see cref="KernelVariant.CompareTo"/>.
    /// </summary>
    /// <param name="device">What runs the kernels.</param>
    /// <param name="dataType">Element type.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="bytes">Bytes of the message on each rank.</param>
    public IReadOnlyList<TuningEntry> Find(DeviceKind device, DataType dataType, int worldSize, long bytes) =>
    [
        .. Entries
            .Where(entry => entry.Device == device && entry.Variant.DataType == dataType && entry.Variant.WorldSize == worldSize && entry.Covers(bytes))
            .OrderBy(static entry => entry.MedianMicroseconds)
            .ThenBy(static entry => entry.Variant),
    ];

    /// <summary>
    /// Refuses a machine other than the one that was measured. For groups on the CPU, operating system, architecture,
    /// processor and number of cores must be the same; for groups on GPUs, each of the machine's GPUs of that kind must
    /// be of a model that was measured, and operating system and architecture the same.
    /// </summary>
    /// <param name="machine">The machine at hand.</param>
    /// <param name="device">What is to run the kernels; <see cref="DeviceKind.Auto"/> is the CPU.</param>
    /// <param name="path">Where the profile comes from, for the message; null for nowhere.</param>
    /// <exception cref="TuningProfileException">It is another machine. The message names both.</exception>
    public void RequireMachine(MachineFingerprint machine, DeviceKind device, string? path = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (!Machine.Serves(machine, device))
        {
            throw new TuningProfileException(
                TuningProfileProblem.OtherMachine,
                path,
                "The tuning profile" + (path is null ? string.Empty : " " + path) + " was made on another machine: " + Machine.Describe(device) + ". This is " + machine.Describe(device)
                    + ". Measure this one with `quickreduce tune`, or leave the profile out.");
        }
    }
}
