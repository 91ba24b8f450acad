using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0031: a name that a kernel needs is taken: by an overload, a member, or a kernel that differs only in case.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelNameMustBeFree() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0031",
        title: "Name that a kernel needs is taken",
        messageFormat: "Kernel '{0}' needs a name that is taken: {1}; rename one of them",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Kernels give their names to a property and to files, some of them on file systems that ignore case. See docs/diagnostics/QR0031.md.",
        customTags: WellKnownDiagnosticTags.CompilationEnd);

    private protected override void Register(AnalysisContext context) => context.RegisterCompilationStartAction(static start =>
    {
        var declarations = new ConcurrentBag<KernelDeclaration>();
        start.RegisterSymbolAction(
            symbol =>
            {
                if (KernelDeclaration.TryRead((IMethodSymbol)symbol.Symbol, symbol.CancellationToken) is { } declaration)
                {
                    declarations.Add(declaration);
                }
            },
            SymbolKind.Method);
        start.RegisterCompilationEndAction(end =>
        {
            foreach (var declaration in declarations)
            {
                var rival = declarations.FirstOrDefault(other =>
                    other != declaration && string.Equals(other.QualifiedName, declaration.QualifiedName, StringComparison.OrdinalIgnoreCase));
                var taken = rival is not null
                    ? "'" + rival.QualifiedName + "' is the same but for case or parameters"
                    : declaration.TakenProperty is { } member ? "'" + member + "' is a member already" : null;
                if (taken is not null)
                {
                    end.ReportDiagnostic(Diagnostic.Create(Rule, declaration.NameLocation, declaration.QualifiedName, taken));
                }
            }
        });
    });
}
