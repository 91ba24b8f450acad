using QuickReduce.Codegen;

namespace QuickReduce.Generators;

/// <summary>A kernel set and the translation units that its kernels are compiled in.</summary>
/// <param name="Model">The kernel set.</param>
/// <param name="Units">Its translation units.</param>
internal sealed record KernelPlan(KernelSetModel Model, EquatableArray<TranslationUnit> Units)
{
    /// <summary>Plans a kernel set.</summary>
    public static KernelPlan Of(KernelSetModel model) => new(model, KernelPlanner.Plan(model));
}
