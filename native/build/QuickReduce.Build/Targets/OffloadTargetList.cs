using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace QuickReduce.Build;

/// <summary>Reads the list of architectures in <c>QuickReduceOffloadArchs</c>.</summary>
internal static class OffloadTargetList
{
    public const string AcceptedForms =
        "gfx942 (AMD, also with features: gfx942:sramecc+:xnack-), sm_90 (NVIDIA), host (this machine's kind of CPU), native (this machine's GPUs); several are separated by ';', ',' or space";

    /// <summary>Stands for the GPUs of the machine that builds.</summary>
    private const string Native = "native";

    private const string Host = "host";

    private static readonly char[] Separators = [';', ',', ' ', '\t', '\r', '\n'];

    private static readonly Regex AmdName = new(
        @"^(?<processor>gfx[0-9][0-9a-f]{2,4}|gfx[0-9]+(-[0-9]+)?-generic)(?<feature>:(sramecc|xnack)[+-]){0,2}$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    /// <summary>Architectures of products whose names are easier to remember.</summary>
    private static readonly IReadOnlyDictionary<string, string> Products = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["mi200"] = "gfx90a", ["mi210"] = "gfx90a", ["mi250"] = "gfx90a", ["mi250x"] = "gfx90a",
        ["mi300"] = "gfx942", ["mi300a"] = "gfx942", ["mi300x"] = "gfx942", ["mi308x"] = "gfx942", ["mi325x"] = "gfx942",
        ["mi350"] = "gfx950", ["mi350x"] = "gfx950", ["mi355x"] = "gfx950",
        ["a100"] = "sm_80", ["h100"] = "sm_90", ["h200"] = "sm_90", ["b200"] = "sm_100", ["cpu"] = "host",
    };

    private static readonly Regex NvidiaName = new("^sm_[0-9]{2,3}[af]?$", RegexOptions.CultureInvariant);

    private static readonly Regex LevelName = new(@"^[a-z][a-z0-9.+_-]*$", RegexOptions.CultureInvariant);

    /// <summary>Levels of the CPU that one library each is built for; the run time loads the best that the machine has.</summary>
    public static IReadOnlyList<string> DefaultHostLevels(Architecture architecture) => architecture switch
    {
        Architecture.X64 => ["x86-64-v3", "x86-64-v4"],
        // Compiles (cross-compiled and looked at); has never run on such a machine.
        Architecture.Arm64 => ["armv8.2-a+fp16"],
        _ => [],
    };

    /// <summary>Parses both lists; names that are not understood come back in <paramref name="unknown"/>.</summary>
    public static IReadOnlyList<OffloadTarget> Parse(
        string? architectures, string? hostLevels, Architecture machine, out IReadOnlyList<string> unknown)
    {
        var targets = new List<OffloadTarget>();
        var rejected = new List<string>();
        foreach (string name in Split(architectures))
        {
            if (CanonicalAmdName(name) is { } amd)
            {
                targets.Add(OffloadTarget.Amd(amd));
            }
            else if (NvidiaName.IsMatch(name))
            {
                targets.Add(OffloadTarget.Nvidia(name));
            }
            else if (name == Host)
            {
                IReadOnlyList<string> levels = Split(hostLevels) is { Count: > 0 } chosen ? chosen : DefaultHostLevels(machine);
                rejected.AddRange(levels.Where(level => !LevelName.IsMatch(level)));
                targets.AddRange(levels.Where(level => LevelName.IsMatch(level)).Select(OffloadTarget.Host));
            }
            else
            {
                rejected.Add(name);
            }
        }

        unknown = rejected;
        return targets.GroupBy(target => target.Folder, StringComparer.Ordinal).Select(group => group.First()).ToList();
    }

    /// <summary>What may have been meant by names that are none: a sentence with a blank after it, or nothing.</summary>
    public static string Suggestion(IReadOnlyList<string> unknown)
    {
        string[] meant = [.. unknown.Select(name => (Name: name, Architecture: MeantBy(name))).Where(pair => pair.Architecture is not null).Select(pair => $"'{pair.Name}' is {pair.Architecture}")];
        return meant.Length == 0 ? "" : $"The architecture of {string.Join(", of ", meant)}. ";
    }

    /// <summary>Whether the list asks for the machine's own GPUs.</summary>
    public static bool AsksForNative(string? architectures) => Split(architectures).Contains(Native);

    /// <summary>The list with the machine's own GPUs in the place of <c>native</c>, or its CPU where it has none.</summary>
    public static string ReplaceNative(string? architectures, IReadOnlyList<string> gpus) =>
        string.Join(";", Split(architectures).SelectMany(name => name != Native ? [name] : gpus.Count > 0 ? gpus : [Host]));

    private static string? MeantBy(string name) =>
        Products.TryGetValue(name, out string? architecture) ? architecture
        : CanonicalAmdName(name.ToLowerInvariant()) is { } amd ? amd
        : NvidiaName.IsMatch(name.ToLowerInvariant()) ? name.ToLowerInvariant()
        : null;

    /// <summary>The name with its features in the order that compilers write them, or null: none may be there twice.</summary>
    private static string? CanonicalAmdName(string name)
    {
        Match match = AmdName.Match(name);
        string[] features = [.. match.Groups["feature"].Captures.Cast<Capture>().Select(capture => capture.Value).OrderBy(feature => feature, StringComparer.Ordinal)];
        bool isTwice = features.Length == 2 && features[0].TrimEnd('+', '-') == features[1].TrimEnd('+', '-');
        return match.Success && !isTwice ? match.Groups["processor"].Value + string.Concat(features) : null;
    }

    private static IReadOnlyList<string> Split(string? list) =>
        (list ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries);
}
