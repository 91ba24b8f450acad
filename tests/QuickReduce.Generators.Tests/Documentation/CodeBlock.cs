using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests.Documentation;

/// <summary>A block of C# on a page of the documentation.</summary>
/// <param name="Page">The page, from the repository's root.</param>
/// <param name="Line">Where the code begins, from 1.</param>
/// <param name="Before">
/// What the page takes for granted: the text of a comment right above the block, <c>&lt;!-- compiles after … --&gt;</c>.
/// </param>
/// <param name="Code">The code.</param>
internal sealed record CodeBlock(string Page, int Line, string Before, string Code)
{
    private const string BeforeMark = "<!-- compiles after";
    private const string CommentEnd = "-->";
    private const string Fence = "```";
    private const string CodeFence = Fence + "csharp";

    /// <summary>The blocks of a page.</summary>
    public static IReadOnlyList<CodeBlock> Read(string page, string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var blocks = new List<CodeBlock>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() == CodeFence)
            {
                var end = Array.FindIndex(lines, i + 1, static line => line.Trim() == Fence);
                blocks.Add(new CodeBlock(page, i + 2, CommentAbove(lines, i), string.Join('\n', lines[(i + 1)..end])));
                i = end;
            }
        }

        return blocks;
    }

    /// <summary>The types that the block declares; none where it is statements.</summary>
    public IReadOnlyList<string> DeclaredTypes => [.. Root.Members.OfType<BaseTypeDeclarationSyntax>().Select(static type => type.Identifier.Text)];

    /// <summary>The block as a file, so that what the compiler says of it names the page and the line.</summary>
    public string ToSource()
    {
        var usings = string.Concat(Root.Usings.Select(static directive => directive.ToString() + " "));
        var code = Root.Usings.Aggregate(Code, static (text, directive) => text.Replace(directive.ToString(), string.Empty, StringComparison.Ordinal));
        return DeclaredTypes.Count > 0
            ? $"{usings}{Before}\n#line {Line} \"{Page}\"\n{code}\n"
            : $$"""
              {{usings}}
              internal static class CodeOfPage
              {
                  private static async Task RunAsync()
                  {
                      await Task.CompletedTask;
                      {{Before}}
              #line {{Line}} "{{Page}}"
              {{code}}
              #line hidden
                  }
              }
              """;
    }

    private CompilationUnitSyntax Root => ((CSharpSyntaxTree)TestCompilation.Parse(Code, Page)).GetCompilationUnitRoot();

    private static string CommentAbove(string[] lines, int fence)
    {
        var end = fence - 1;
        if (end < 0 || !lines[end].TrimEnd().EndsWith(CommentEnd, StringComparison.Ordinal))
        {
            return string.Empty;
        }

        var start = Array.FindLastIndex(lines, end, static line => line.TrimStart().StartsWith("<!--", StringComparison.Ordinal));
        var comment = string.Join('\n', lines[start..(end + 1)]).Trim();
        return comment.StartsWith(BeforeMark, StringComparison.Ordinal) ? comment[BeforeMark.Length..^CommentEnd.Length] : string.Empty;
    }
}
