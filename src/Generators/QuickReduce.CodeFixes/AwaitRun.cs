using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace QuickReduce.CodeFixes;

/// <summary>QR0045: awaits a run; the function around it becomes <c>async Task</c> if it returns nothing.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AwaitRun)), Shared]
public sealed class AwaitRun() : KernelCodeFix("QR0045")
{
    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // Not one behind '?.', which has nothing to await where there is no group.
        if (node.FirstAncestorOrSelf<InvocationExpressionSyntax>() is not { Parent: StatementSyntax or ArrowExpressionClauseSyntax } call
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model)
        {
            return;
        }

        var awaited = Insert(call.SpanStart, "await ");
        var function = call.Ancestors().FirstOrDefault(static outer =>
            outer is AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax or MemberDeclarationSyntax);
        var returnType = function switch
        {
            LocalFunctionStatementSyntax local => local.ReturnType,
            MethodDeclarationSyntax method when IsFree(model.GetDeclaredSymbol(method, context.CancellationToken)) => method.ReturnType,
            _ => null,
        };
        if (function is GlobalStatementSyntax)
        {
            Offer(context, diagnostic, "Await the run", awaited);
        }
        else if (returnType is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword }
            && model.Compilation.GetTypeByMetadataName("System.Threading.Tasks.Task") is { } task)
        {
            Offer(
                context,
                diagnostic,
                "Await the run in an async function",
                awaited,
                new TextChange(returnType.Span, "async " + task.ToMinimalDisplayString(model, returnType.SpanStart)));
        }
    }

    /// <summary>Whether nothing but its callers depends on what a method returns.</summary>
    private static bool IsFree(IMethodSymbol? method) =>
        method is { IsOverride: false, IsVirtual: false, IsPartialDefinition: false, PartialDefinitionPart: null, ExplicitInterfaceImplementations.IsEmpty: true }
        && !method.ContainingType.AllInterfaces
            .SelectMany(face => face.GetMembers(method.Name))
            .Any(member => SymbolEqualityComparer.Default.Equals(method.ContainingType.FindImplementationForInterfaceMember(member), method));
}
