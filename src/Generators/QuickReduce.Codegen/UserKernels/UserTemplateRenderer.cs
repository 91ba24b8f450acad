using System.Globalization;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace QuickReduce.Codegen;

/// <summary>
/// Renders with the user's templates beside ours. They may hold anything, so loops are bounded, nothing that differs
/// from build to build is at hand, and what goes wrong carries its place in the file.
/// </summary>
internal static class UserTemplateRenderer
{
    private const int MostTurnsOfALoop = 100_000;
    private const int DeepestInclude = 64;
    private const int LongestText = 16 << 20;

    public static string Render(
        string name, ScriptObject model, TemplateOverlay overlay, IReadOnlyDictionary<string, Template> ours, CancellationToken cancellationToken)
    {
        var context = new TemplateContext(Builtins())
        {
            StrictVariables = true,
            EnableRelaxedMemberAccess = false,
            EnableRelaxedTargetAccess = false,
            EnableRelaxedIndexerAccess = false,
            EnableRelaxedFunctionAccess = false,
            NewLine = "\n",
            TemplateLoader = new Loader(overlay, ours),
            LoopLimit = MostTurnsOfALoop,
            RecursiveLimit = DeepestInclude,
            LimitToString = LongestText,
            CancellationToken = cancellationToken,
        };
        context.PushCulture(CultureInfo.InvariantCulture);
        context.PushGlobal(model);
        foreach (var template in ours)
        {
            context.CachedTemplates.Add(template.Key, template.Value);
        }

        foreach (var text in overlay.Templates)
        {
            context.CachedTemplates[text.FilePath] = TemplateSyntax.ProblemOf(text) is { } problem
                ? throw new TemplateException(problem)
                : TemplateSyntax.Parse(text);
        }

        try
        {
            return context.CachedTemplates[Loader.Resolve(name, overlay, ours)].Render(context);
        }
        catch (ScriptRuntimeException exception) when (exception is not ScriptAbortException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var place = overlay.Templates.FirstOrDefault(t => t.FilePath == exception.Span.FileName);
            throw place is null
                ? new InvalidOperationException(exception.Message, exception)
                : new TemplateException(new(
                    place.FilePath, Math.Max(0, exception.Span.Start.Line), Math.Max(0, exception.Span.Start.Column), exception.OriginalMessage, IsSyntax: false));
        }
        catch (ScriptAbortException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>Scriban's functions without the clock and without chance: the same template is the same kernel.</summary>
    private static ScriptObject Builtins()
    {
        var builtins = TemplateContext.GetDefaultBuiltinObject();
        builtins.Remove("date");
        var math = (ScriptObject)((ScriptObject)builtins["math"]!).Clone(deep: false);
        math.Remove("random");
        math.Remove("uuid");
        builtins.SetValue("math", math, readOnly: true);
        return builtins;
    }

    /// <summary>Resolves <c>include</c>: what overrides ours, then ours, then the user's others.</summary>
    private sealed class Loader(TemplateOverlay overlay, IReadOnlyDictionary<string, Template> ours) : ITemplateLoader
    {
        public static string Resolve(string name, TemplateOverlay overlay, IReadOnlyDictionary<string, Template> ours) =>
            TemplateOverlay.Matches(overlay.Templates, name) switch
            {
                [var only] => only.FilePath,
                [] when ours.ContainsKey(name) => name,
                [] => throw new InvalidOperationException("There is no template '" + name + "'."),
                var several => throw new InvalidOperationException(
                    "'" + name + "' could be any of " + string.Join(", ", several.Select(static t => t.Name)) + "."),
            };

        public string GetPath(TemplateContext context, SourceSpan callerSpan, string templateName)
        {
            try
            {
                return Resolve(templateName, overlay, ours);
            }
            catch (InvalidOperationException exception)
            {
                throw new ScriptRuntimeException(callerSpan, exception.Message);
            }
        }

        // All that a name can resolve to is in the context's cache.
        public string Load(TemplateContext context, SourceSpan callerSpan, string templatePath) =>
            throw new ScriptRuntimeException(callerSpan, "There is no template '" + templatePath + "'.");

        public ValueTask<string?> LoadAsync(TemplateContext context, SourceSpan callerSpan, string templatePath) =>
            throw new ScriptRuntimeException(callerSpan, "There is no template '" + templatePath + "'.");
    }
}
