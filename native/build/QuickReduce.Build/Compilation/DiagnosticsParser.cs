using System.Globalization;
using System.Text.RegularExpressions;

namespace QuickReduce.Build;

/// <summary>Finds the messages in what clang, hipcc and the linkers write; the rest (tracebacks, statistics) is left out.</summary>
internal static class DiagnosticsParser
{
    private const string Severities = "(?<severity>fatal error|error|warning|note)";

    /// <summary><c>file(line,column): error: text</c>, as <c>-fdiagnostics-format=msvc</c> gives it.</summary>
    private static readonly Regex Msvc = new(
        @"^(?<file>.+?)\((?<line>\d+)(,(?<column>\d+))?\)\s?: " + Severities + @"\s?: (?<text>.*)$", RegexOptions.CultureInvariant);

    /// <summary><c>file:line:column: error: text</c>: assembler, linkers and compilers that don't know the other format.</summary>
    private static readonly Regex Gnu = new(
        @"^(?<file>.+?):(?<line>\d+):((?<column>\d+):)? " + Severities + @": (?<text>.*)$", RegexOptions.CultureInvariant);

    /// <summary><c>clang++: error: text</c>, <c>ld.lld: error: text</c>, <c>fatal error: text</c>.</summary>
    private static readonly Regex WithoutPlace = new(
        @"^((?<program>[^\s:]+): )?" + Severities + @": (?<text>.*)$", RegexOptions.CultureInvariant);

    private static readonly Regex Colour = new(@"\u001b\[[0-9;]*[A-Za-z]", RegexOptions.CultureInvariant);

    public static IReadOnlyList<CompilerDiagnostic> Parse(string output)
    {
        var found = new List<CompilerDiagnostic>();
        foreach (string line in output.Split('\n'))
        {
            if (ParseLine(Colour.Replace(line.TrimEnd('\r'), "")) is { } diagnostic)
            {
                found.Add(diagnostic);
            }
        }

        return found;
    }

    private static CompilerDiagnostic? ParseLine(string line)
    {
        Match match = Msvc.Match(line);
        if (!match.Success)
        {
            match = Gnu.Match(line);
        }

        if (match.Success)
        {
            return new CompilerDiagnostic(
                SeverityOf(match), match.Groups["file"].Value, NumberOf(match, "line"), NumberOf(match, "column"), match.Groups["text"].Value);
        }

        match = WithoutPlace.Match(line);
        if (!match.Success)
        {
            return null;
        }

        string program = match.Groups["program"].Value;
        string text = match.Groups["text"].Value;
        return new CompilerDiagnostic(SeverityOf(match), null, 0, 0, program.Length == 0 ? text : $"{program}: {text}");
    }

    private static DiagnosticSeverity SeverityOf(Match match) => match.Groups["severity"].Value switch
    {
        "warning" => DiagnosticSeverity.Warning,
        "note" => DiagnosticSeverity.Note,
        _ => DiagnosticSeverity.Error,
    };

    private static int NumberOf(Match match, string group) =>
        int.TryParse(match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
