using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace QuickReduce.CodeFixes;

/// <summary>QR0001, QR0002: adds <c>partial</c> to every declaration of the type that lacks it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MakePartial)), Shared]
public sealed class MakePartial() : KernelCodeFix("QR0001", "QR0002")
{
    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // A type may have parts in several files; the analyzer says where they are.
        var solution = context.Document.Project.Solution;
        var edits = new List<(DocumentId, TextChange[])>();
        var name = string.Empty;
        foreach (var parts in diagnostic.AdditionalLocations.Where(static part => part.IsInSource).GroupBy(static part => part.SourceTree))
        {
            var root = await parts.Key!.GetRootAsync(context.CancellationToken).ConfigureAwait(false);
            var declarations = parts
                .Select(part => root.FindToken(part.SourceSpan.Start).Parent)
                .OfType<TypeDeclarationSyntax>()
                .Where(static declaration => !declaration.Modifiers.Any(SyntaxKind.PartialKeyword))
                .ToArray();
            if (declarations.Length > 0 && solution.GetDocumentId(parts.Key) is { } document)
            {
                name = declarations[0].Identifier.Text;
                edits.Add((document, [.. declarations.Select(static declaration => Insert(declaration.Keyword.SpanStart, "partial "))]));
            }
        }

        if (edits.Count > 0)
        {
            context.RegisterCodeFix(
                CodeAction.Create("Make '" + name + "' partial", cancellation => ApplyAsync(solution, edits, cancellation), nameof(MakePartial)),
                diagnostic);
        }
    }
}
