using QuickReduce.Codegen;

namespace QuickReduce.Generators;

/// <summary>A kernel set and the translation units that its kernels are compiled in.</summary>
/// <param name="Model">The kernel set.</param>
/// <param name="Units">Its translation units.</param>
/// <param name="Templates">The user's templates that stand in the place of ours.</param>
internal sealed record KernelPlan(KernelSetModel Model, EquatableArray<TranslationUnit> Units, TemplateOverlay Templates)
{
    /// <summary>Plans a kernel set.</summary>
    public static KernelPlan Of(KernelSetModel model, TemplateOverlay templates) => new(model, KernelPlanner.Plan(model, templates), templates);
}
