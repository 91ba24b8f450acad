using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace QuickReduce.CodeFixes;

/// <summary>QR0046: declares a group with <c>using</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(DisposeGroup)), Shared]
public sealed class DisposeGroup() : KernelCodeFix("QR0046")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // The language allows no such declaration directly in a section of a switch.
        if (node.FirstAncestorOrSelf<LocalDeclarationStatementSyntax>() is { Parent: not SwitchSectionSyntax } declaration)
        {
            Offer(context, diagnostic, "Declare with 'using'", Insert(declaration.SpanStart, "using "));
        }

        return Task.CompletedTask;
    }
}
