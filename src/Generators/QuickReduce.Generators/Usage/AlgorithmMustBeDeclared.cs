using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Usage;

/// <summary>QR0042: a group's options ask for an algorithm for which its set declares no kernel.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AlgorithmMustBeDeclared() : KernelUseAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0042",
        title: "Algorithm is not declared",
        messageFormat: "'{0}' declares no {1} kernel{2}, so that every all-reduce of this group throws; add it to Algorithms of [AllReduceKernels], or leave the option out",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description: "GroupOptions.Algorithm leaves only the kernels of one algorithm to choose from. See docs/diagnostics/QR0042.md.");

    private protected override void Register(CompilationStartAnalysisContext start, KernelSets sets) => start.RegisterOperationAction(
        context =>
        {
            if (GroupCreation.TryRead((IInvocationOperation)context.Operation, sets) is not { } creation
                || !creation.Options.TryGetValue("Algorithm", out var option)
                || GroupCreation.ConstantOf(option) is not { } value
                || !AxisKind.Algorithm.IsSupported(value)
                || !creation.Variants.Any()
                || creation.Variants.Any(variant => variant.Algorithm == (AllReduceAlgorithm)value))
            {
                return;
            }

            context.ReportDiagnostic(Diagnostic.Create(
                Rule,
                option.Syntax.GetLocation(),
                creation.Set.Lacking(AxisKind.Algorithm, value),
                creation.Set.Declaration.Type.Name,
                (AllReduceAlgorithm)value,
                creation.WorldSize is { } worldSize ? " for " + worldSize.ToString(CultureInfo.InvariantCulture) + " ranks" : string.Empty));
        },
        OperationKind.Invocation);
}
