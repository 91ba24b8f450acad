using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Usage;

/// <summary>QR0040: a group is created with a number of ranks for which its set declares no kernel.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class WorldSizeMustBeDeclared() : KernelUseAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0040",
        title: "World size is not declared",
        messageFormat: "'{0}' declares no kernel for {1} ranks, but for {2}, so that no group of {1} can be created; add it to WorldSizes of [AllReduceKernels]",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description: "A group runs the kernels that were declared for its number of ranks; without any, creating it throws. See docs/diagnostics/QR0040.md.");

    private protected override void Register(CompilationStartAnalysisContext start, KernelSets sets) => start.RegisterOperationAction(
        context =>
        {
            if (GroupCreation.TryRead((IInvocationOperation)context.Operation, sets) is { WorldSize: { } worldSize, WorldSizeArgument: { } argument } creation
                && !creation.Set.Shape.WorldSizes.Contains(worldSize))
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    Rule,
                    argument.Syntax.GetLocation(),
                    creation.Set.Lacking(AxisKind.WorldSize, worldSize),
                    creation.Set.Declaration.Type.Name,
                    worldSize.ToString(CultureInfo.InvariantCulture),
                    string.Join(", ", creation.Set.Shape.WorldSizes)));
            }
        },
        OperationKind.Invocation);
}
