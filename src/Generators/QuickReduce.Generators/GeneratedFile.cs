using QuickReduce.Codegen;

namespace QuickReduce.Generators;

/// <summary>A file to add to the compilation, or why it could not be rendered.</summary>
/// <param name="HintName">Name of the file, unique in the compilation.</param>
/// <param name="Text">Content of the file; empty after a failure.</param>
/// <param name="Failure">Why there is no content: a defect of QuickReduce, not of the user's code.</param>
internal sealed record GeneratedFile(string HintName, string Text, string? Failure)
{
    /// <summary>The typed members of a kernel set.</summary>
    public static GeneratedFile Bindings(KernelPlan plan) =>
        Render(plan.Model.QualifiedName + ".g.cs", () => BindingsRenderer.Render(plan.Model, plan.Units));

    /// <summary>The HIP sources of a kernel set.</summary>
    public static GeneratedFile Sources(KernelPlan plan, CancellationToken cancellationToken) =>
        Render(plan.Model.QualifiedName + "-kernels.g.cs", () => CarrierRenderer.Render(plan.Units.Select(unit =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new KeyValuePair<TranslationUnit, string>(unit, HipRenderer.Render(unit));
        })));

    private static GeneratedFile Render(string hintName, Func<string> render)
    {
        try
        {
            return new(hintName, render(), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Thrown on, it would take down the generator for every class, with a message that names no cause.
            return new(hintName, string.Empty, exception.Message);
        }
    }
}
