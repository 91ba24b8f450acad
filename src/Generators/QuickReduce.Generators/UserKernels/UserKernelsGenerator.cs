using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.UserKernels;

/// <summary>
/// Turns static partial methods with <c>[Kernel]</c> into launchers, and their templates into HIP sources. What is
/// declared wrongly is left out in silence; the analyzers say what is wrong.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class UserKernelsGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var models = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                KernelDeclaration.AttributeName,
                static (node, _) => node is MethodDeclarationSyntax,
                static (target, cancellation) => target.TargetSymbol is IMethodSymbol method ? KernelDeclaration.TryRead(method, cancellation)?.Model : null)
            .WithTrackingName(TrackingNames.ReadUserKernels)
            .Where(static model => model is not null)
            .Select(static (model, _) => model!)
            .WithTrackingName(TrackingNames.ValidUserKernels);

        // Names become file names, some of them on file systems that ignore case.
        var names = models
            .Select(static (model, _) => model.QualifiedName)
            .Collect()
            .Select(static (all, _) => new EquatableArray<string>(all
                .GroupBy(static name => name, StringComparer.OrdinalIgnoreCase)
                .Where(static group => group.Skip(1).Any())
                .Select(static group => group.Key.ToUpperInvariant())
                .OrderBy(static name => name, StringComparer.Ordinal)));

        var inputs = models
            .Combine(names)
            .Where(static pair => !pair.Right.Contains(pair.Left.QualifiedName, StringComparer.OrdinalIgnoreCase))
            .Select(static (pair, _) => pair.Left)
            .Combine(TemplateFiles.Read(context))
            .Select(static (pair, _) => UserKernelInput.Of(pair.Left, pair.Right))
            .WithTrackingName(TrackingNames.UserKernelInput);

        context.RegisterSourceOutput(
            inputs.Select(static (input, _) => input.Launcher()).WithTrackingName(TrackingNames.Launcher),
            static (output, file) => file.AddTo(output));

        var sources = inputs
            .Where(static input => input.IsSound)
            .Select(static (input, cancellation) => input.Sources(cancellation))
            .WithTrackingName(TrackingNames.UserKernelSources);
        context.RegisterImplementationSourceOutput(sources, static (output, file) => file.AddTo(output));
        TemplateProblems.Report(context, inputs.Select(static (input, _) => input.Templates), sources);

        DeclarationFiles.Add(
            context,
            "declarations-kernels.g.cs",
            [context.SyntaxProvider.ForAttributeWithMetadataName(
                KernelDeclaration.AttributeName,
                static (node, _) => node is MethodDeclarationSyntax,
                static (target, cancellation) =>
                    target.TargetSymbol is IMethodSymbol method ? KernelDeclaration.TryRead(method, cancellation)?.ToPlaces(cancellation) : null)],
            static (places, toProject) => places.Render(toProject));
    }
}
