using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Usage;

/// <summary>QR0044: kernels are declared that nothing in the compilation uses, nor anything outside of it can.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class VariantShouldBeUsed() : KernelUseAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0044",
        title: "Declared kernels are never used",
        messageFormat: "Nothing uses {0} '{1}', and what is declared costs time to compile and space; remove what is not needed",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        description: "Nothing in this compilation names the value, and nothing outside of it can. See docs/diagnostics/QR0044.md.",
        customTags: [WellKnownDiagnosticTags.CompilationEnd, WellKnownDiagnosticTags.Unnecessary]);

    private protected override void Register(CompilationStartAnalysisContext start, KernelSets sets)
    {
        var uses = new KernelSetUses(sets);
        start.RegisterSymbolAction(symbol => uses.Declare((INamedTypeSymbol)symbol.Symbol, symbol.Compilation, symbol.CancellationToken), SymbolKind.NamedType);
        start.RegisterSymbolAction(symbol => uses.SeeProperty((IPropertySymbol)symbol.Symbol), SymbolKind.Property);
        start.RegisterOperationAction(operation => uses.See((IFieldReferenceOperation)operation.Operation), OperationKind.FieldReference);
        start.RegisterOperationAction(operation => uses.See((IPropertyReferenceOperation)operation.Operation), OperationKind.PropertyReference);
        start.RegisterOperationAction(operation => uses.See((IInvocationOperation)operation.Operation), OperationKind.Invocation);
        start.RegisterOperationAction(operation => uses.See((ITypeOfOperation)operation.Operation), OperationKind.TypeOf);
        start.RegisterOperationAction(operation => uses.SeeValue(operation.Operation), OperationKind.Conversion, OperationKind.DefaultValue);
        start.RegisterCompilationEndAction(end =>
        {
            foreach (var set in uses.ClosedSets)
            {
                Check(set, uses, end);
            }
        });
    }

    private static void Check(UsedKernelSet set, KernelSetUses uses, CompilationAnalysisContext end)
    {
        var name = set.Declaration.Type.Name;
        var unused = new HashSet<Codegen.KernelVariant>(set.Variants.Where(variant => !uses.IsUsed(set, variant)));
        if (unused.Count == set.Variants.Count)
        {
            Report(set.Declaration.Attributes[0].LocationOf(end.CancellationToken), "any kernel of");
            return;
        }

        foreach (var attribute in set.Declaration.Attributes)
        {
            var variants = attribute.Variants.ToArray();
            if (variants.Length == 0)
            {
                continue;
            }

            if (variants.All(unused.Contains))
            {
                Report(attribute.LocationOf(end.CancellationToken), attribute.IsProduct ? "any kernel that this attribute declares for" : "kernel " + variants[0] + " of");
                continue;
            }

            foreach (var axis in attribute.Axes)
            {
                var values = new HashSet<int>();
                for (var i = 0; i < axis.Values.Length; i++)
                {
                    if (axis.Values[i] is { } value
                        && values.Add(value)
                        && ValueOf(axis.Kind) is { } valueOf
                        && variants.Any(variant => valueOf(variant) == value)
                        && variants.All(variant => valueOf(variant) != value || unused.Contains(variant)))
                    {
                        Report(attribute.LocationOf(axis, i, end.CancellationToken), axis.Kind.Title.ToLowerInvariant() + " " + axis.Kind.NameOf(value) + " of");
                    }
                }
            }
        }

        void Report(Location location, string what) => end.ReportDiagnostic(Diagnostic.Create(Rule, location, what, name));
    }

    /// <summary>How a variant names its value on an axis that uses name too; <see langword="null"/> for the others.</summary>
    private static Func<Codegen.KernelVariant, int>? ValueOf(AxisKind kind) =>
        kind == AxisKind.Regime ? static variant => (int)variant.Regime
        : kind == AxisKind.WorldSize ? static variant => variant.WorldSize
        : kind == AxisKind.GroupSize ? static variant => variant.GroupSize
        : kind == AxisKind.ScaleFormat ? static variant => (int)variant.ScaleFormat
        : null;
}
