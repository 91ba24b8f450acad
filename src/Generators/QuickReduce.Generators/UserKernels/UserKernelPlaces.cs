using QuickReduce.Codegen;

namespace QuickReduce.Generators.UserKernels;

/// <summary>Where a method's attribute stands, and what it allows its kernels.</summary>
/// <param name="Model">The family.</param>
/// <param name="Place">Where the attribute stands.</param>
/// <param name="Budget">What it allows the kernels.</param>
internal sealed record UserKernelPlaces(UserKernelModel Model, DeclarationPlace Place, KernelBudget Budget)
{
    /// <summary>The attributes that carry them to the build.</summary>
    public DeclarationText Render(Func<DeclarationPlace, DeclarationPlace> toProject) =>
        new(Model.QualifiedName, CarrierRenderer.RenderDeclarations([new(toProject(Place), Budget, UnitsOf(Model))]));

    // Names do not depend on templates.
    private static IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> UnitsOf(UserKernelModel model) =>
        [.. UserKernelPlan.Of(model, TemplateOverlay.None).Units.Select(static unit =>
            new KeyValuePair<string, IEnumerable<string>>(unit.Name, unit.Kernels.Select(static kernel => kernel.Name)))];
}
