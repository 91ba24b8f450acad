using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace QuickReduce.CodeFixes;

/// <summary>QR0005, QR0044: removes a value or an attribute that is declared already, or that nothing uses.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RemoveValue)), Shared]
public sealed class RemoveValue() : KernelCodeFix("QR0005", "QR0044")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        var span = diagnostic.Location.SourceSpan;
        if (node.FirstAncestorOrSelf<AttributeSyntax>(attribute => attribute.Span == span) is { Parent: AttributeListSyntax list } repeated)
        {
            // The only attribute of a class is the one by which it is found: to delete it is no fix.
            if (diagnostic.Id == "QR0005" || IsOneOfSeveral(list))
            {
                Offer(context, diagnostic, "Remove attribute", new TextChange(SpanToRemove(list, repeated), string.Empty));
            }
        }
        else if (node.FirstAncestorOrSelf<SyntaxNode>(element => element.Span == span && ElementsAround(element).Length > 1) is { } element)
        {
            Offer(context, diagnostic, "Remove '" + element + "'", new TextChange(SpanToRemove(ElementsAround(element), element), string.Empty));
        }

        return Task.CompletedTask;
    }

    private static bool IsOneOfSeveral(AttributeListSyntax list) =>
        list.Parent is MemberDeclarationSyntax member && member.AttributeLists.SelectMany(static l => l.Attributes).Skip(1).Any();

    private static SyntaxNode[] ElementsAround(SyntaxNode element) => element.Parent switch
    {
        CollectionExpressionSyntax collection => [.. collection.Elements],
        InitializerExpressionSyntax initializer => [.. initializer.Expressions],
        _ => [],
    };

    private static TextSpan SpanToRemove(SyntaxNode[] siblings, SyntaxNode node)
    {
        var index = Array.FindIndex(siblings, sibling => sibling.Span == node.Span);
        return index == 0
            ? TextSpan.FromBounds(node.SpanStart, siblings[1].SpanStart)
            : TextSpan.FromBounds(siblings[index - 1].Span.End, node.Span.End);
    }

    private static TextSpan SpanToRemove(AttributeListSyntax list, AttributeSyntax attribute)
    {
        if (list.Attributes.Count > 1)
        {
            return SpanToRemove([.. list.Attributes], attribute);
        }

        // Up to what follows, with the line that the list stood on, but not with a comment that stands in between.
        var next = list.GetLastToken().GetNextToken();
        var between = list.GetTrailingTrivia().Concat(next.LeadingTrivia);
        return between.All(static trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia) || trivia.IsKind(SyntaxKind.EndOfLineTrivia))
            ? TextSpan.FromBounds(list.SpanStart, next.SpanStart)
            : list.Span;
    }
}
