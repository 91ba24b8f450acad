using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace QuickReduce.Generators.Usage;

/// <summary>QR0045: the task of a group's run is dropped.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class RunMustBeAwaited() : KernelUseAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0045",
        title: "Run of a group is not awaited",
        messageFormat: "The task of RunAsync is dropped, so that nobody learns when the run ends or that a rank failed; await it, or assign it to a discard",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description: "A run goes on after RunAsync has returned, and only its task says how it ended. See docs/diagnostics/QR0045.md.");

    private protected override void Register(CompilationStartAnalysisContext start, KernelSets sets) => start.RegisterOperationAction(
        context =>
        {
            // In an async function the compiler says it itself (CS4014).
            if (CallIn(((IExpressionStatementOperation)context.Operation).Operation) is { TargetMethod: { Name: "RunAsync" } method } call
                && sets.IsGroup(method.ContainingType)
                && !IsInAsyncFunction(context.Operation, context.ContainingSymbol))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rule, call.Syntax.GetLocation()));
            }
        },
        OperationKind.ExpressionStatement);

    private static IInvocationOperation? CallIn(IOperation statement) =>
        statement as IInvocationOperation ?? (statement as IConditionalAccessOperation)?.WhenNotNull as IInvocationOperation;

    private static bool IsInAsyncFunction(IOperation operation, ISymbol containingSymbol)
    {
        for (var outer = operation.Parent; outer is not null; outer = outer.Parent)
        {
            if (outer is IAnonymousFunctionOperation lambda)
            {
                return lambda.Symbol.IsAsync;
            }

            if (outer is ILocalFunctionOperation local)
            {
                return local.Symbol.IsAsync;
            }
        }

        return containingSymbol is IMethodSymbol { IsAsync: true };
    }
}
