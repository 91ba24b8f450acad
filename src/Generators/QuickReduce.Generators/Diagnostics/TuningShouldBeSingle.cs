using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0013: kernels differ in tuning parameters only, so that no call runs more than one of them.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TuningShouldBeSingle() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0013",
        title: "Kernels differ in tuning parameters only",
        messageFormat: "'{0}' declares kernels that differ from others in block size or atoms per thread only; calls run the first of them, such as {1}, and never the others, such as {2}",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        description: "A call names a data type, a wire format and a number of ranks, and its size chooses the algorithm; of several kernels for that the first is run. See docs/diagnostics/QR0013.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        var firstOf = new Dictionary<KernelVariant, KernelVariant>();
        foreach (var variant in declaration.Variants)
        {
            var call = new KernelVariant(variant.DataType, variant.Mode, variant.WorldSize, variant.Algorithm);
            if (!firstOf.TryGetValue(call, out var first))
            {
                firstOf.Add(call, variant);
                continue;
            }

            var attribute = declaration.Attributes.First(a => a.Variants.Contains(variant));
            report(Diagnostic.Create(Rule, attribute.LocationOf(cancellationToken), declaration.Type.Name, first.KernelName, variant.KernelName));
            return;
        }
    }
}
