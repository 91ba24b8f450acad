using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0006: a world size, group size, block size or number of atoms is not supported.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class NumberMustBeSupported() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0006",
        title: "Number is not supported on its axis",
        messageFormat: "{0} {1} is not supported; use one of {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Kernels exist for certain world sizes, group sizes, block sizes and numbers of atoms per thread only. See docs/diagnostics/QR0006.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken) =>
        CheckUnsupported(
            declaration,
            static kind => kind.EnumerationName is null,
            (location, nearest, kind, value) => report(Diagnostic.Create(
                Rule, location, nearest, kind.Title, value, string.Join(", ", kind.SupportedValues))),
            cancellationToken);
}
