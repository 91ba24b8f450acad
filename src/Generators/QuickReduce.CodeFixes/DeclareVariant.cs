using System.Collections.Immutable;
using System.Composition;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.CodeFixes;

/// <summary>
/// QR0040, QR0041, QR0042, and CS0117 for a name that a generated type would have: declares what is missing, in the
/// attribute for a cross product where there is one that it fits into, else in attributes for single kernels.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(DeclareVariant)), Shared]
public sealed class DeclareVariant() : KernelCodeFix("QR0040", "QR0041", "QR0042", "CS0117")
{
    private const int MostKernels = 16;

    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        if (await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model
            || (diagnostic.Id != "CS0117" ? MissingVariant.Of(diagnostic, model.Compilation)
                : node is SimpleNameSyntax name ? MissingVariant.Of(name, model, context.CancellationToken)
                : null) is not { } missing)
        {
            return;
        }

        // A set of a referenced assembly cannot be edited.
        var attributes = missing.Set.Declaration.Attributes;
        var target = attributes.FirstOrDefault(attribute => attribute.IsProduct && Fits(attribute, missing)) ?? attributes[attributes.Length - 1];
        if (target.Application is not { } application
            || await application.GetSyntaxAsync(context.CancellationToken).ConfigureAwait(false) is not AttributeSyntax syntax
            || context.Document.Project.Solution.GetDocument(application.SyntaxTree) is not { } document)
        {
            return;
        }

        var writer = new AttributeWriter(model.Compilation.GetSemanticModel(application.SyntaxTree), syntax);
        var changes = target.IsProduct && Fits(target, missing)
            ? missing.Values.Select(value => writer.Add(target.Axes.First(axis => axis.Kind == value.Axis), value.Value)).OfType<TextChange>().ToArray()
            : KernelsFor(missing) is { Count: > 0 and <= MostKernels } kernels ? [writer.Append(kernels)] : [];
        if (changes.Length > 0)
        {
            Offer(context, diagnostic, "Declare " + missing.Name + " for '" + missing.Set.Declaration.Type.Name + "'", document, changes);
        }
    }

    private static bool Fits(KernelAttribute attribute, MissingVariant missing)
    {
        if (attribute.Axes.IsEmpty)
        {
            return false;
        }

        var worldSizes = attribute.Axes.First(static axis => axis.Kind == AxisKind.WorldSize).Values;
        return missing.WorldSize is not { } worldSize || missing.Values.Any(static value => value.Axis == AxisKind.WorldSize) || worldSizes.Contains(worldSize);
    }

    /// <summary>The kernels that would be declared one by one: as those that there are, but for what is missing.</summary>
    private static IReadOnlyList<KernelVariant> KernelsFor(MissingVariant missing) =>
    [
        .. missing.Set.Variants
            .Where(variant => missing.DataTypes.Contains(variant.DataType))
            .Select(variant => missing.Values.Aggregate(variant with { WorldSize = missing.WorldSize ?? variant.WorldSize }, With))
            .Distinct()
            .Where(variant => variant.IsSupported && !missing.Set.Variants.Contains(variant)),
    ];

    private static KernelVariant With(KernelVariant variant, (AxisKind Axis, int Value) missing)
    {
        var (axis, value) = missing;
        if (axis == AxisKind.Regime)
        {
            return new(variant.DataType, (QuantRegime)value, variant.WorldSize, variant.Algorithm);
        }

        return axis == AxisKind.GroupSize ? variant with { GroupSize = value }
            : axis == AxisKind.ScaleFormat ? variant with { ScaleFormat = (ScaleFormat)value }
            : axis == AxisKind.Algorithm ? new(variant.DataType, variant.Mode, variant.WorldSize, (AllReduceAlgorithm)value)
            : variant;
    }

    /// <summary>Edits the text of an attribute.</summary>
    private sealed class AttributeWriter(SemanticModel model, AttributeSyntax attribute)
    {
        /// <summary>Adds a value to an axis; <see langword="null"/> if the attribute has it, or cannot be edited there.</summary>
        public TextChange? Add(Axis axis, int value)
        {
            if (axis.Values.Contains(value))
            {
                return null;
            }

            var argument = attribute.ArgumentList?.Arguments.FirstOrDefault(a => a.NameEquals?.Name.Identifier.ValueText == axis.Kind.PluralName);
            if (argument is null)
            {
                var values = axis.Kind.Usual.Values.OfType<int>().Append(value).Select(v => Spell(axis.Kind, v));
                var text = axis.Kind.PluralName + " = [" + string.Join(", ", values) + "]";
                return attribute.ArgumentList is not { } list ? Insert(attribute.Name.Span.End, "(" + text + ")")
                    : Insert(list.CloseParenToken.SpanStart, list.Arguments.Count == 0 ? text : ", " + text);
            }

            return argument.Expression switch
            {
                CollectionExpressionSyntax { Elements: var elements } collection => InsertLast(elements.LastOrDefault(), collection.OpenBracketToken, axis.Kind, value),
                ImplicitArrayCreationExpressionSyntax { Initializer: var initializer } => InsertLast(initializer.Expressions.LastOrDefault(), initializer.OpenBraceToken, axis.Kind, value),
                ArrayCreationExpressionSyntax { Initializer: { } initializer } => InsertLast(initializer.Expressions.LastOrDefault(), initializer.OpenBraceToken, axis.Kind, value),
                _ => null,
            };
        }

        /// <summary>Adds an attribute for each of some kernels, below or beside this one.</summary>
        public TextChange Append(IReadOnlyList<KernelVariant> kernels)
        {
            var list = (AttributeListSyntax)attribute.Parent!;
            var line = list.SyntaxTree.GetText().Lines.GetLineFromPosition(list.Span.End);
            var isAlone = string.IsNullOrWhiteSpace(line.ToString().Substring(list.Span.End - line.Start));
            var separator = isAlone ? LineBreakOf(line) + new string(' ', list.GetLocation().GetLineSpan().StartLinePosition.Character) : " ";
            return Insert(list.Span.End, string.Concat(kernels.Select(kernel => separator + Spell(kernel))));
        }

        private static string LineBreakOf(TextLine line) =>
            line.EndIncludingLineBreak > line.End ? line.Text!.ToString(TextSpan.FromBounds(line.End, line.EndIncludingLineBreak)) : "\n";

        private TextChange InsertLast(SyntaxNode? last, SyntaxToken open, AxisKind kind, int value) =>
            last is null ? Insert(open.Span.End, Spell(kind, value)) : Insert(last.Span.End, ", " + Spell(kind, value));

        private string Spell(KernelVariant kernel)
        {
            const string suffix = "Attribute";
            var name = Spell("AllReduceKernelAttribute");
            var usual = new KernelVariant(kernel.DataType, kernel.Regime, kernel.WorldSize, kernel.Algorithm);
            var arguments = new List<string>
            {
                Spell(AxisKind.DataType, (int)kernel.DataType), Spell(AxisKind.Regime, (int)kernel.Regime), Spell(AxisKind.WorldSize, kernel.WorldSize),
            };
            Add(AxisKind.Algorithm, (int)kernel.Algorithm, (int)AllReduceAlgorithm.TwoShot);
            Add(AxisKind.GroupSize, kernel.GroupSize, usual.GroupSize);
            Add(AxisKind.ScaleFormat, (int)kernel.ScaleFormat, (int)usual.ScaleFormat);
            Add(AxisKind.BlockSize, kernel.BlockSize, usual.BlockSize);
            Add(AxisKind.AtomsPerThread, kernel.AtomsPerThread, usual.AtomsPerThread);
            return "[" + (name.EndsWith(suffix, StringComparison.Ordinal) ? name.Substring(0, name.Length - suffix.Length) : name) + "(" + string.Join(", ", arguments) + ")]";

            void Add(AxisKind kind, int value, int usualValue)
            {
                if (value != usualValue)
                {
                    arguments.Add(kind.SingularName + " = " + Spell(kind, value));
                }
            }
        }

        private string Spell(AxisKind kind, int value) =>
            kind.EnumerationName is { } enumeration ? Spell(enumeration) + "." + kind.NameOf(value) : value.ToString(CultureInfo.InvariantCulture);

        /// <summary>A type of QuickReduce as short as it can be named where the attribute stands.</summary>
        private string Spell(string type) =>
            model.Compilation.GetTypeByMetadataName("QuickReduce." + type)?.ToMinimalDisplayString(model, attribute.SpanStart) ?? "QuickReduce." + type;
    }
}
