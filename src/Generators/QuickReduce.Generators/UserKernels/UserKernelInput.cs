using QuickReduce.Codegen;

namespace QuickReduce.Generators.UserKernels;

/// <summary>All that a user's kernels are rendered from.</summary>
/// <param name="Model">The family.</param>
/// <param name="Templates">The templates that it can reach.</param>
/// <param name="HasTemplate">Whether its own template is among them, and only one that could be meant.</param>
internal sealed record UserKernelInput(UserKernelModel Model, TemplateOverlay Templates, bool HasTemplate)
{
    /// <summary>Whether kernels can be rendered, as far as can be said without doing it.</summary>
    public bool IsSound => HasTemplate && Templates.IsSound;

    /// <summary>Picks the templates of a family.</summary>
    public static UserKernelInput Of(UserKernelModel model, EquatableArray<TemplateText> templates) => new(
        model,
        TemplateOverlay.ReachableFrom([model.TemplateName, UserKernelRenderer.UnitTemplate], templates),
        TemplateOverlay.Matches(templates, model.TemplateName).Count == 1);

    /// <summary>The method's other half.</summary>
    public GeneratedFile Launcher() =>
        GeneratedFile.Render(Model.QualifiedName + ".g.cs", () => LauncherRenderer.Render(UserKernelPlan.Of(Model, Templates)));

    /// <summary>The HIP sources.</summary>
    public GeneratedFile Sources(CancellationToken cancellationToken) => GeneratedFile.Render(Model.QualifiedName + "-kernels.g.cs", () =>
    {
        var plan = UserKernelPlan.Of(Model, Templates);
        return CarrierRenderer.RenderNamed(plan.Units.Select(unit =>
            new KeyValuePair<string, string>(unit.Name, UserKernelRenderer.Render(plan, unit, cancellationToken))));
    });
}
