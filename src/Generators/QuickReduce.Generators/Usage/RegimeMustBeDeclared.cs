using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Usage;

/// <summary>QR0041: a constant of a generated enumeration of regimes is none of its members.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class RegimeMustBeDeclared() : KernelUseAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0041",
        title: "Regime is not declared",
        messageFormat: "{0} is no member of '{1}', so that every all-reduce with it throws; there are {2}",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description: "A generated enumeration has a member for each wire format that has kernels; a number that was cast to it, or its default value, can be another. See docs/diagnostics/QR0041.md.");

    private protected override void Register(CompilationStartAnalysisContext start, KernelSets sets) => start.RegisterOperationAction(
        context =>
        {
            var operation = context.Operation;
            if (sets.OwnerOfEnumeration(operation.Type) is not { } set
                || set.RegimesOf((INamedTypeSymbol)operation.Type!) is not { Regimes: var regimes }
                || GroupCreation.ConstantOf(operation) is not { } value
                || regimes.Formats.Any(format => format.Value == value))
            {
                return;
            }

            context.ReportDiagnostic(Diagnostic.Create(
                Rule,
                operation.Syntax.GetLocation(),
                PropertiesOf(set, value),
                NameOf(value),
                operation.Type!.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat),
                string.Join(", ", regimes.Formats.Select(static format => format.Name))));
        },
        OperationKind.Conversion,
        OperationKind.DefaultValue);

    private static ImmutableDictionary<string, string?> PropertiesOf(UsedKernelSet set, int value) =>
        AxisKind.Regime.IsSupported(value) ? set.Lacking(AxisKind.Regime, value) : ImmutableDictionary<string, string?>.Empty;

    private static string NameOf(int value) =>
        AxisKind.Regime.IsSupported(value) ? "Regime " + (QuantRegime)value : value.ToString(CultureInfo.InvariantCulture);
}
