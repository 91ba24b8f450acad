namespace QuickReduce.Codegen;

/// <summary>What kernels may need of a GPU; 0 and <see langword="false"/> demand nothing.</summary>
/// <param name="MaxVgprs">Most vector registers.</param>
/// <param name="NoSpills">Whether spills and scratch memory are refused.</param>
/// <param name="MinOccupancy">Fewest waves per SIMD.</param>
public readonly record struct KernelBudget(int MaxVgprs, bool NoSpills, int MinOccupancy);

/// <summary>Where an attribute stands.</summary>
/// <param name="File">Its file.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
public readonly record struct DeclarationPlace(string File, int Line, int Column);

/// <summary>Kernels that one attribute declares, for the build to find the way back to it.</summary>
/// <param name="Place">Where the attribute stands.</param>
/// <param name="Budget">What it allows them.</param>
/// <param name="Units">Their names, by the name of their translation unit.</param>
public sealed record DeclaredKernels(DeclarationPlace Place, KernelBudget Budget, IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> Units)
{
    /// <summary>The kernels of some variants of a set.</summary>
    public static DeclaredKernels Of(DeclarationPlace place, KernelBudget budget, string setName, IEnumerable<KernelVariant> variants) => new(
        place,
        budget,
        [.. variants
            .OrderBy(static variant => variant)
            .GroupBy(static variant => variant.UnitName)
            .Select(unit => new KeyValuePair<string, IEnumerable<string>>(
                KernelPlanner.NameOf(setName, unit.Key), unit.Select(static variant => variant.KernelName)))]);
}
