using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;
using QuickReduce.Generators.UserKernels;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0014: a budget is a number that no kernel, or every kernel, meets.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BudgetMustBePossible : DiagnosticAnalyzer
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0014",
        title: "Budget is out of range",
        messageFormat: "{0} {1} is out of range; use 1 to {2}, or leave it out to allow anything",
        "QuickReduce",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A budget outside of what the hardware has can't be meant. See docs/diagnostics/QR0014.md.");

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Rule];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.RegisterSymbolAction(Check, SymbolKind.NamedType, SymbolKind.Method);
    }

    private static void Check(SymbolAnalysisContext context)
    {
        foreach (var attribute in context.Symbol.GetAttributes())
        {
            // A partial method's two halves have the same attributes.
            if (HasBudget(attribute.AttributeClass) && context.Symbol is not IMethodSymbol { PartialDefinitionPart: not null })
            {
                Check(attribute, context);
            }
        }
    }

    private static void Check(AttributeData attribute, SymbolAnalysisContext context)
    {
        foreach (var (name, most) in DeclaredBudget.Numbers)
        {
            if (DeclaredBudget.ValueOf(attribute.NamedArguments.FirstOrDefault(argument => argument.Key == name).Value) is int value
                && (value < 1 || value > most))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rule, LocationOf(attribute, name, context.CancellationToken), name, value, most));
            }
        }
    }

    private static bool HasBudget(INamedTypeSymbol? type) =>
        KnownAttributes.IsKernels(type) || KnownAttributes.IsKernel(type) || KernelDeclaration.IsOurs(type, "KernelAttribute");

    private static Location LocationOf(AttributeData attribute, string name, CancellationToken cancellationToken)
    {
        var syntax = attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken) as AttributeSyntax;
        return (syntax?.ArgumentList?.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == name) ?? (SyntaxNode?)syntax)?.GetLocation()
            ?? Location.None;
    }
}
