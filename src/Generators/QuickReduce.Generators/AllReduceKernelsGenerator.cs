using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;
using QuickReduce.Generators.UserKernels;

namespace QuickReduce.Generators;

/// <summary>
/// Turns <c>[AllReduceKernels]</c> and <c>[AllReduceKernel]</c> into typed members and HIP sources. What is declared
/// wrongly is left out in silence; the analyzers say what is wrong.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class AllReduceKernelsGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // A class may carry both attributes, each several times and in several parts. Its first attribute speaks for
        // all of them, so that each class has one model.
        var models = Collect(
            Read(context, KnownAttributes.Kernels, TrackingNames.ReadKernels, TrackingNames.ValidKernels),
            Read(context, KnownAttributes.Kernel, TrackingNames.ReadKernel, TrackingNames.ValidKernel));

        // Names become file names, some of them on file systems that ignore case.
        var sharedNames = models.Names
            .Select(static (names, _) => SharedAmong(names))
            .WithTrackingName(TrackingNames.SharedNames);

        var templates = TemplateFiles.Read(context)
            .Select(static (all, _) => TemplateOverlay.ReachableFrom([HipRenderer.UnitTemplate], all))
            .WithTrackingName(TrackingNames.Overrides);

        foreach (var provider in models.Providers)
        {
            var plans = provider
                .Combine(sharedNames)
                .Where(static pair => !pair.Right.Contains(pair.Left.QualifiedName, StringComparer.OrdinalIgnoreCase))
                .Select(static (pair, _) => pair.Left)
                .Combine(templates)
                .Select(static (pair, _) => KernelPlan.Of(pair.Left, pair.Right))
                .WithTrackingName(TrackingNames.Plan);

            context.RegisterSourceOutput(
                plans.Select(static (plan, _) => GeneratedFile.Bindings(plan)).WithTrackingName(TrackingNames.Bindings),
                static (output, file) => file.AddTo(output));

            var sources = plans
                .Where(static plan => plan.Templates.IsSound)
                .Select(static (plan, cancellation) => GeneratedFile.Sources(plan, cancellation))
                .WithTrackingName(TrackingNames.Sources);
            context.RegisterImplementationSourceOutput(sources, static (output, file) => file.AddTo(output));
            TemplateProblems.Report(context, plans.Select(static (plan, _) => plan.Templates), sources);
        }

        DeclarationFiles.Add(
            context,
            "declarations-all-reduce.g.cs",
            [ReadPlaces(context, KnownAttributes.Kernels), ReadPlaces(context, KnownAttributes.Kernel)],
            static (places, toProject) => places.Render(toProject));
    }

    private static IncrementalValuesProvider<KernelSetPlaces?> ReadPlaces(IncrementalGeneratorInitializationContext context, string attribute) =>
        context.SyntaxProvider.ForAttributeWithMetadataName(
            attribute,
            static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax,
            static (target, cancellation) => DeclarationOf(target)?.ToPlaces(cancellation));

    private static IncrementalValuesProvider<KernelSetModel> Read(
        IncrementalGeneratorInitializationContext context, string attribute, string readName, string validName) =>
        context.SyntaxProvider
            .ForAttributeWithMetadataName(
                attribute,
                static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax,
                static (target, cancellation) => OutlineOf(target, cancellation))
            .WithTrackingName(readName)
            .Select(static (outline, _) => outline?.ToModel())
            .Where(static model => model is not null)
            .Select(static (model, _) => model!)
            .WithTrackingName(validName);

    private static KernelSetOutline? OutlineOf(GeneratorAttributeSyntaxContext target, CancellationToken cancellationToken) =>
        DeclarationOf(target)?.ToOutline(cancellationToken);

    private static KernelSetDeclaration? DeclarationOf(GeneratorAttributeSyntaxContext target) =>
        target.TargetSymbol is INamedTypeSymbol type
        && KernelSetDeclaration.TryRead(type) is { } declaration
        && target.Attributes.Any(declaration.Attributes[0].Is)
            ? declaration
            : null;

    private static (IncrementalValueProvider<ImmutableArray<string>> Names, ImmutableArray<IncrementalValuesProvider<KernelSetModel>> Providers) Collect(
        IncrementalValuesProvider<KernelSetModel> kernels, IncrementalValuesProvider<KernelSetModel> kernel)
    {
        var names = NamesOf(kernels).Combine(NamesOf(kernel)).Select(static (pair, _) => pair.Left.AddRange(pair.Right));
        return (names, [kernels, kernel]);
    }

    private static IncrementalValueProvider<ImmutableArray<string>> NamesOf(IncrementalValuesProvider<KernelSetModel> models) =>
        models.Select(static (model, _) => model.QualifiedName).Collect();

    private static EquatableArray<string> SharedAmong(ImmutableArray<string> names) => new(names
        .GroupBy(static name => name, StringComparer.OrdinalIgnoreCase)
        .Where(static group => group.Skip(1).Any())
        .Select(static group => group.First().ToUpperInvariant())
        .OrderBy(static name => name, StringComparer.Ordinal));
}
