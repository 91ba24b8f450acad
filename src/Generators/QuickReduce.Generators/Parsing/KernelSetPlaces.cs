using QuickReduce.Codegen;

namespace QuickReduce.Generators.Parsing;

/// <summary>Where the attributes of a class stand, and what they allow its kernels.</summary>
/// <param name="SetName">Name of the kernel set.</param>
/// <param name="Attributes">The attributes, in the compiler's order.</param>
internal sealed record KernelSetPlaces(string SetName, EquatableArray<AttributePlace> Attributes)
{
    /// <summary>The attributes that carry them to the build.</summary>
    public DeclarationText Render(Func<DeclarationPlace, DeclarationPlace> toProject) => new(SetName, CarrierRenderer.RenderDeclarations(Attributes
        .Select(attribute => DeclaredKernels.Of(
            toProject(attribute.Place), attribute.Budget, SetName, attribute.Product.Combinations.Where(static variant => variant.IsSupported)))
        .Where(static declared => declared.Units.Count > 0)));
}

/// <summary>One attribute of a class.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Budget">What it allows its kernels.</param>
/// <param name="Product">Which they are.</param>
internal readonly record struct AttributePlace(DeclarationPlace Place, KernelBudget Budget, AxisProduct Product);
