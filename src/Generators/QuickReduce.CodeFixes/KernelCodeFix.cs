using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;

namespace QuickReduce.CodeFixes;

/// <summary>
/// Base of the code fixes. They edit text, not trees: what the user wrote around the edit stays as it is, without a
/// formatter, and edits of several diagnostics are joined for "fix all".
/// </summary>
public abstract class KernelCodeFix : CodeFixProvider
{
    private protected KernelCodeFix(params string[] ids) => FixableDiagnosticIds = [.. ids];

    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; }

    /// <inheritdoc/>
    public sealed override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        foreach (var diagnostic in context.Diagnostics)
        {
            if (root?.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true) is { } node)
            {
                await RegisterAsync(context, diagnostic, node).ConfigureAwait(false);
            }
        }
    }

    private protected abstract Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node);

    private protected void Offer(CodeFixContext context, Diagnostic diagnostic, string title, params TextChange[] changes) =>
        Offer(context, diagnostic, title, context.Document, changes);

    /// <summary>Offers an edit of one document.</summary>
    private protected void Offer(CodeFixContext context, Diagnostic diagnostic, string title, Document document, params TextChange[] changes) =>
        context.RegisterCodeFix(
            CodeAction.Create(title, cancellation => ApplyAsync(document.Project.Solution, [(document.Id, changes)], cancellation), GetType().Name),
            diagnostic);

    /// <summary>Makes edits of several documents.</summary>
    private protected static async Task<Solution> ApplyAsync(
        Solution solution, IEnumerable<(DocumentId Document, TextChange[] Changes)> edits, CancellationToken cancellationToken)
    {
        foreach (var (id, changes) in edits)
        {
            var text = await solution.GetDocument(id)!.GetTextAsync(cancellationToken).ConfigureAwait(false);
            solution = solution.WithDocumentText(id, text.WithChanges(changes.OrderBy(static change => change.Span.Start)));
        }

        return solution;
    }

    private protected static TextChange Insert(int position, string text) => new(new TextSpan(position, 0), text);
}
