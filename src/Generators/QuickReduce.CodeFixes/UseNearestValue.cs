using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using QuickReduce.Generators.Diagnostics;

namespace QuickReduce.CodeFixes;

/// <summary>QR0006, QR0007: replaces a value that is not supported by the nearest one that is.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UseNearestValue)), Shared]
public sealed class UseNearestValue() : KernelCodeFix("QR0006", "QR0007")
{
    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        if (node.FirstAncestorOrSelf<ExpressionSyntax>() is not { } expression
            || !diagnostic.Properties.TryGetValue(KernelSetAnalyzer.NearestValue, out var nearest)
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model)
        {
            return;
        }

        // A value that cannot be told apart from its neighbours is reported as a whole array: nothing to replace.
        var replacement = model.GetTypeInfo(expression, context.CancellationToken).Type switch
        {
            { TypeKind: TypeKind.Enum } enumeration => enumeration.ToMinimalDisplayString(model, expression.SpanStart) + "." + nearest,
            { SpecialType: SpecialType.System_Int32 } => nearest,
            _ => null,
        };
        if (replacement is not null)
        {
            Offer(context, diagnostic, "Use '" + replacement + "'", new TextChange(expression.Span, replacement));
        }
    }
}
