namespace QuickReduce.Build;

/// <summary>
/// The text beside an output that says what it was made from. An output is up to date exactly if its stamp reads as a
/// new one would: times of files play no part, so that a touched file or an unrelated edit compiles nothing.
/// </summary>
internal static class UpToDateStamp
{
    public const string Extension = ".stamp";

    private const string FormatVersion = "QuickReduce stamp 1";

    public static string PathFor(string output) => output + Extension;

    /// <summary>What the stamp has to say, without the line about the output itself.</summary>
    public static string Expected(string sourceHash, Compiler compiler, IEnumerable<string> flags) => string.Join(
        "\n",
        FormatVersion,
        "source " + sourceHash,
        "compiler " + compiler.Path,
        "version " + compiler.Version,
        "flags " + ArgumentQuoting.Join(flags),
        "");

    /// <summary>What the stamp of a report about an output has to say.</summary>
    public static string ExpectedOfReport(string output, string disassembler) => string.Join(
        "\n",
        "QuickReduce report stamp " + CodeReportJson.Schema,
        "code " + FileText.Sha256OfText(FileText.ReadOrNull(PathFor(output)) ?? ""),
        "disassembler " + disassembler,
        "");

    public static bool IsUpToDate(string output, string expected)
    {
        var file = new FileInfo(output);
        return file.Exists && FileText.ReadOrNull(PathFor(output)) == expected + OutputLine(file.Length);
    }

    public static void Write(string output, string expected) =>
        FileText.WriteIfDifferent(PathFor(output), expected + OutputLine(new FileInfo(output).Length));

    // Catches a file that was cut short by a full disk or replaced by hand.
    private static string OutputLine(long length) => $"output {length} bytes\n";
}
