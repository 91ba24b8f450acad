using Scriban;
using Scriban.Parsing;
using Scriban.Syntax;

namespace QuickReduce.Codegen;

/// <summary>What can be said of a template without rendering it.</summary>
public static class TemplateSyntax
{
    /// <summary>The first thing in a template that Scriban cannot parse; <see langword="null"/> if it can.</summary>
    public static TemplateProblem? ProblemOf(TemplateText text)
    {
        var error = Parse(text).Messages.FirstOrDefault(static m => m.Type == ParserMessageType.Error);
        return error is null
            ? null
            : new(text.FilePath, Math.Max(0, error.Span.Start.Line), Math.Max(0, error.Span.Start.Column), error.Message, IsSyntax: true);
    }

    /// <summary>Parses a template; its spans carry the path of its file.</summary>
    internal static Template Parse(TemplateText text) => Template.Parse(text.Text, text.FilePath);

    /// <summary>
    /// The templates that a template includes by a literal name; <see langword="null"/> among them where a name is
    /// calculated, which could be any.
    /// </summary>
    internal static IReadOnlyCollection<string?> IncludesOf(Template template)
    {
        var visitor = new IncludeVisitor();
        if (template.Page is { } page)
        {
            visitor.Visit(page);
        }

        return visitor.Names;
    }

    private sealed class IncludeVisitor : ScriptVisitor
    {
        public HashSet<string?> Names { get; } = [];

        public override void Visit(ScriptFunctionCall call)
        {
            if (call.Target is ScriptVariableGlobal { Name: "include" or "include_join" })
            {
                Names.Add(call.Arguments.FirstOrDefault() is ScriptLiteral { Value: string name } ? name : null);
            }

            base.Visit(call);
        }
    }
}
