using System.Text;

namespace QuickReduce.Build;

/// <summary>Names of the metadata by which the tasks pass items to one another.</summary>
internal static class ItemMetadata
{
    public const string UnitName = nameof(UnitName);
    public const string Kind = nameof(Kind);
    public const string CompilerKind = nameof(CompilerKind);
    public const string CompilerPath = nameof(CompilerPath);
    public const string CompilerVersion = nameof(CompilerVersion);
    public const string CompilerName = nameof(CompilerName);
    public const string UseLld = nameof(UseLld);
    public const string RequestedAs = nameof(RequestedAs);
    public const string Architecture = nameof(Architecture);
    public const string ReportPath = nameof(ReportPath);
}

/// <summary>MSBuild reads <c>%XX</c>, wildcards and separators in items: text that is none of these has to be escaped.</summary>
internal static class EscapingUtilities
{
    private const string Special = "%*?@$();'";

    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (Special.IndexOf(c) >= 0)
            {
                escaped.Append('%').Append(((int)c).ToString("x2"));
            }
            else
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }
}
