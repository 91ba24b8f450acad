using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace QuickReduce.Generators.Usage;

/// <summary>QR0046: a group is created for a local variable that is neither disposed nor handed on.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class GroupMustBeDisposed() : KernelUseAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0046",
        title: "Group is not disposed",
        messageFormat: "The group in '{0}' is neither disposed nor handed on, so that its threads and buffers stay; declare it with 'using'",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description: "A group keeps threads and native memory until it is disposed. See docs/diagnostics/QR0046.md.");

    private protected override void Register(CompilationStartAnalysisContext start, KernelSets sets) => start.RegisterOperationAction(
        context =>
        {
            var declarator = (IVariableDeclaratorOperation)context.Operation;
            if (sets.IsGroup(declarator.Symbol.Type)
                && declarator.GetVariableInitializer()?.Value is IInvocationOperation { TargetMethod.IsStatic: true } call
                && (GroupCreation.TryRead(call, sets) is not null || sets.IsPlainGroup(call.TargetMethod.ContainingType))
                && !IsCaredFor(declarator))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rule, declarator.Symbol.Locations[0], declarator.Symbol.Name));
            }
        },
        OperationKind.VariableDeclarator);

    private static bool IsCaredFor(IVariableDeclaratorOperation declarator)
    {
        var root = (IOperation)declarator;
        while (root.Parent is { } parent)
        {
            if (parent is IUsingDeclarationOperation or IUsingOperation && root is IVariableDeclarationGroupOperation)
            {
                return true;
            }

            root = parent;
        }

        return root.Descendants().Any(operation =>
            operation is ILocalReferenceOperation reference
            && SymbolEqualityComparer.Default.Equals(reference.Local, declarator.Symbol)
            && !LeavesItOpen(reference));
    }

    /// <summary>
    /// Whether a use neither disposes of the group nor makes it anyone else's: a member of it is used, or it is compared.
    /// </summary>
    private static bool LeavesItOpen(ILocalReferenceOperation reference) => reference.Parent switch
    {
        IInvocationOperation call => call.Instance == reference && call.TargetMethod.Name != "Dispose",
        IPropertyReferenceOperation property => property.Instance == reference,
        IConditionalAccessOperation access => access.Operation == reference && access.WhenNotNull is not IInvocationOperation { TargetMethod.Name: "Dispose" },
        IBinaryOperation or IIsPatternOperation or INameOfOperation => true,
        _ => false,
    };
}
