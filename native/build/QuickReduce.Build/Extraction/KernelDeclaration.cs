namespace QuickReduce.Build;

/// <summary>A place in the user's code.</summary>
internal sealed record SourcePlace(string? File, int Line, int Column);

/// <summary>What a kernel may need; null where nothing is demanded.</summary>
internal sealed record KernelBudget(int? MaxVectorRegisters, bool NoSpills, int? MinWavesPerSimd)
{
    public bool DemandsAnything => MaxVectorRegisters is not null || NoSpills || MinWavesPerSimd is not null;

    /// <summary>The budget with another one's demands where this one has none.</summary>
    public KernelBudget Or(KernelBudget general) => new(
        MaxVectorRegisters ?? general.MaxVectorRegisters, NoSpills || general.NoSpills, MinWavesPerSimd ?? general.MinWavesPerSimd);
}

/// <summary>An attribute by which the user declares kernels: where it stands, which they are, what they may need.</summary>
/// <param name="Place">Where it stands; the file is relative to the project's folder.</param>
/// <param name="Kernels">Names of kernels by the name of their unit.</param>
/// <param name="Budget">What they may need.</param>
internal sealed record KernelDeclaration(SourcePlace Place, IReadOnlyDictionary<string, IReadOnlyList<string>> Kernels, KernelBudget Budget);
