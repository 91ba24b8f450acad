using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuickReduce.Policy;

/// <summary>Tuning profiles as JSON. Nothing is taken over that was not understood.</summary>
internal static partial class TuningProfileFile
{
    private const string Remedy = " Write one with `quickreduce tune`.";

    private static readonly KnownNames<DeviceKind> Devices =
        new("device", [("managed", DeviceKind.Managed), ("host", DeviceKind.Host), ("cuda", DeviceKind.Cuda), ("hip", DeviceKind.Hip)]);

    /// <summary>Reads a profile.</summary>
    /// <exception cref="TuningProfileException">It cannot be read, is no profile, or one of another version.</exception>
    public static TuningProfile Read(string path)
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TuningProfileException(TuningProfileProblem.NotReadable, path, "The tuning profile " + path + " cannot be read: " + exception.Message + Remedy, exception);
        }

        try
        {
            RequireVersion(path, text);
            return FromContent(path, JsonSerializer.Deserialize(text, ProfileContext.Default.ProfileContent)!);
        }
        catch (JsonException exception)
        {
            throw Invalid(path, "its JSON does not fit: " + exception.Message, exception);
        }
    }

    /// <summary>Writes a profile.</summary>
    public static void Write(string path, TuningProfile profile)
    {
        foreach (var entry in profile.Entries)
        {
            if (entry.Refusal() is { } refusal)
            {
                throw new ArgumentException("An entry of the profile is impossible: " + refusal, nameof(profile));
            }
        }

        WholeFile.Write(path, stream =>
        {
            JsonSerializer.Serialize(stream, ToContent(profile), ProfileContext.Default.ProfileContent);
            stream.WriteByte((byte)'\n');
        });
    }

    private static void RequireVersion(string path, byte[] text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new TuningProfileException(TuningProfileProblem.NotAProfile, path, "The tuning profile " + path + " is not JSON: " + exception.Message + Remedy, exception);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.Number)
            {
                throw new TuningProfileException(TuningProfileProblem.NotAProfile, path, path + " is no tuning profile: it has no version." + Remedy);
            }

            if (!version.TryGetInt32(out var number) || number != TuningProfile.FormatVersion)
            {
                throw new TuningProfileException(
                    TuningProfileProblem.OtherVersion,
                    path,
                    "The tuning profile " + path + " is of version " + version.GetRawText() + ", and this QuickReduce reads version " + TuningProfile.FormatVersion
                        + ". Measure again with the `quickreduce tune` of this version.");
            }
        }
    }

    private static TuningProfile FromContent(string path, ProfileContent content) => new()
    {
        Machine = new MachineFingerprint
        {
            OperatingSystem = content.Machine.OperatingSystem,
            Architecture = content.Machine.Architecture,
            Processor = content.Machine.Processor,
            LogicalCores = content.Machine.LogicalCores,
            Gpus = [.. content.Machine.Gpus.Select(gpu => FromContent(path, gpu))],
        },
        Driver = content.Driver,
        LibraryVersion = content.LibraryVersion,
        Commit = content.Commit,
        Created = content.Created,
        MinSnrDb = content.MinSnrDb,
        Entries = [.. content.Entries.Select((entry, index) => FromContent(path, entry, "Entry " + index))],
    };

    private static GpuFingerprint FromContent(string path, GpuContent? content) => content is null
        ? throw Invalid(path, "a GPU is null.")
        : new GpuFingerprint(Parse(path, "A GPU", Devices, content.Device), content.Name, content.Architecture);

    private static TuningEntry FromContent(string path, EntryContent? content, string place)
    {
        if (content is null)
        {
            throw Invalid(path, place + " is null.");
        }

        var variant = new KernelVariant(
            Parse(path, place, VariantNames.DataTypes, content.DataType),
            Parse(path, place, VariantNames.Regimes, content.Regime),
            content.WorldSize,
            Parse(path, place, VariantNames.Algorithms, content.Algorithm));
        var entry = new TuningEntry
        {
            Device = Parse(path, place, Devices, content.Device),
            Variant = variant with
            {
                GroupSize = content.GroupSize ?? variant.GroupSize,
                ScaleFormat = content.ScaleFormat is { } scaleFormat ? Parse(path, place, VariantNames.ScaleFormats, scaleFormat) : variant.ScaleFormat,
                BlockSize = content.BlockSize,
                AtomsPerThread = content.AtomsPerThread,
            },
            MinBytes = content.MinBytes,
            MaxBytes = content.MaxBytes ?? long.MaxValue,
            MedianMicroseconds = content.MedianMicroseconds,
            SnrDb = content.SnrDb,
        };
        return entry.Refusal() is { } refusal ? throw Invalid(path, place + ": " + refusal) : entry;
    }

    private static ProfileContent ToContent(TuningProfile profile) => new()
    {
        Version = TuningProfile.FormatVersion,
        Created = profile.Created,
        LibraryVersion = profile.LibraryVersion,
        Commit = profile.Commit,
        Machine = new MachineContent
        {
            OperatingSystem = profile.Machine.OperatingSystem,
            Architecture = profile.Machine.Architecture,
            Processor = profile.Machine.Processor,
            LogicalCores = profile.Machine.LogicalCores,
            Gpus = [.. profile.Machine.Gpus.Select(static gpu => new GpuContent { Device = Devices.NameOf(gpu.Device), Name = gpu.Name, Architecture = gpu.Architecture })],
        },
        Driver = profile.Driver,
        MinSnrDb = profile.MinSnrDb,
        Entries = [.. profile.Entries.Select(ToContent)],
    };

    private static EntryContent ToContent(TuningEntry entry) => new()
    {
        Device = Devices.NameOf(entry.Device),
        DataType = KernelVariant.NameOf(entry.Variant.DataType),
        WorldSize = entry.Variant.WorldSize,
        MinBytes = entry.MinBytes,
        MaxBytes = entry.MaxBytes == long.MaxValue ? null : entry.MaxBytes,
        Algorithm = KernelVariant.NameOf(entry.Variant.Algorithm),
        Regime = KernelVariant.NameOf(entry.Variant.Regime),
        GroupSize = entry.Variant.Regime == QuantRegime.FP ? null : entry.Variant.GroupSize,
        ScaleFormat = entry.Variant.ScaleFormat == ScaleFormat.BFloat16 ? null : KernelVariant.NameOf(entry.Variant.ScaleFormat),
        BlockSize = entry.Variant.BlockSize,
        AtomsPerThread = entry.Variant.AtomsPerThread,
        MedianMicroseconds = entry.MedianMicroseconds,
        SnrDb = entry.SnrDb,
    };

    private static T Parse<T>(string path, string place, KnownNames<T> names, string text)
        where T : struct, Enum =>
        names.TryParse(text, out var value) ? value : throw Invalid(path, place + ": " + names.Refusal(text));

    private static TuningProfileException Invalid(string path, string what, Exception? inner = null) =>
        new(TuningProfileProblem.Invalid, path, "The tuning profile " + path + " cannot be used: " + what + Remedy, inner);

    internal sealed record ProfileContent
    {
        public required int Version { get; init; }
        public required DateTimeOffset Created { get; init; }
        public required string LibraryVersion { get; init; }
        public string? Commit { get; init; }
        public required MachineContent Machine { get; init; }
        public string? Driver { get; init; }
        public double? MinSnrDb { get; init; }
        public required IReadOnlyList<EntryContent> Entries { get; init; }
    }

    internal sealed record MachineContent
    {
        public required string OperatingSystem { get; init; }
        public required string Architecture { get; init; }
        public required string Processor { get; init; }
        public required int LogicalCores { get; init; }
        public required IReadOnlyList<GpuContent> Gpus { get; init; }
    }

    internal sealed record GpuContent
    {
        public required string Device { get; init; }
        public required string Name { get; init; }
        public required string Architecture { get; init; }
    }

    internal sealed record EntryContent
    {
        public required string Device { get; init; }

        [JsonPropertyName("dtype")]
        public required string DataType { get; init; }
        public required int WorldSize { get; init; }
        public required long MinBytes { get; init; }
        public long? MaxBytes { get; init; }
        public required string Algorithm { get; init; }
        public required string Regime { get; init; }
        public int? GroupSize { get; init; }
        public string? ScaleFormat { get; init; }
        public required int BlockSize { get; init; }
        public required int AtomsPerThread { get; init; }
        public required double MedianMicroseconds { get; init; }
        public double? SnrDb { get; init; }
    }

    // An exact result has an infinite signal-to-noise ratio.
    [JsonSourceGenerationOptions(
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true)]
    [JsonSerializable(typeof(ProfileContent))]
    internal sealed partial class ProfileContext : JsonSerializerContext;
}
