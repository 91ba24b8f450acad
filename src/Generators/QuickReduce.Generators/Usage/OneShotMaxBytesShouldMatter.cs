using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.Usage;

/// <summary>QR0043: a group's limit for one-shot has no effect, or leaves declared kernels out.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class OneShotMaxBytesShouldMatter() : KernelUseAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0043",
        title: "OneShotMaxBytes has no effect or leaves kernels out",
        messageFormat: "OneShotMaxBytes {0}",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        description: "The limit chooses between two algorithms: it needs kernels of both, no Algorithm beside it, and a size that a message can have. See docs/diagnostics/QR0043.md.");

    private protected override void Register(CompilationStartAnalysisContext start, KernelSets sets) => start.RegisterOperationAction(
        context =>
        {
            if (GroupCreation.TryRead((IInvocationOperation)context.Operation, sets) is { } creation
                && creation.Options.TryGetValue("OneShotMaxBytes", out var option)
                && GroupCreation.LongConstantOf(option) is { } bytes
                && ProblemOf(creation, bytes) is { } problem)
            {
                context.ReportDiagnostic(Diagnostic.Create(Rule, option.Syntax.GetLocation(), problem));
            }
        },
        OperationKind.Invocation);

    private static string? ProblemOf(GroupCreation creation, long bytes)
    {
        if (creation.Options.TryGetValue("Algorithm", out var algorithm) && GroupCreation.ConstantOf(algorithm) is not null)
        {
            return "has no effect beside Algorithm, which decides for every size; leave one of them out";
        }

        return creation.Variants.Select(static variant => variant.Algorithm).Distinct().ToArray() switch
        {
            [var only] => "has no effect: '" + creation.Set.Declaration.Type.Name + "' declares " + only + " kernels only",
            { Length: > 1 } when bytes == 0 => "of 0 lets no message be reduced in one shot, although '" + creation.Set.Declaration.Type.Name
                + "' declares kernels for it; do not declare them, or let the limit be that of its default, null",
            _ => null,
        };
    }
}
