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
        @"^gfx[0-9][0-9a-f]{2,4}(:(sramecc|xnack)[+-]){0,2}$|^gfx[0-9]+(-[0-9]+)?-generic$", RegexOptions.CultureInvariant);

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
            if (AmdName.IsMatch(name))
            {
                targets.Add(OffloadTarget.Amd(name));
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

    /// <summary>Whether the list asks for the machine's own GPUs.</summary>
    public static bool AsksForNative(string? architectures) => Split(architectures).Contains(Native);

    /// <summary>The list with the machine's own GPUs in the place of <c>native</c>, or its CPU where it has none.</summary>
    public static string ReplaceNative(string? architectures, IReadOnlyList<string> gpus) =>
        string.Join(";", Split(architectures).SelectMany(name => name != Native ? [name] : gpus.Count > 0 ? gpus : [Host]));

    private static IReadOnlyList<string> Split(string? list) =>
        (list ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries);
}
