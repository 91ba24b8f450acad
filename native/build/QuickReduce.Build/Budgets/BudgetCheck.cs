using System.Globalization;

namespace QuickReduce.Build;

/// <summary>What a kernel has against its budget: a demand that it breaks, or that can't be checked.</summary>
/// <param name="Demand">The demand, as attributes and properties name it.</param>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Target">The architecture.</param>
/// <param name="Measure">What the kernel needs: <c>72 registers</c>; null where nobody knows.</param>
internal sealed record BudgetFinding(string Demand, string Kernel, string Target, string? Measure);

/// <summary>Compares kernels with their budgets.</summary>
internal static class BudgetCheck
{
    /// <summary>What a kernel breaks of a budget, and what can't be said.</summary>
    public static IEnumerable<BudgetFinding> Of(KernelReport kernel, string target, KernelBudget budget)
    {
        if (budget.MaxVectorRegisters is { } most && !(kernel.VectorRegisters <= most))
        {
            yield return Finding($"MaxVgprs = {most}", kernel.VectorRegisters, "registers");
        }

        // A scalar register goes into a lane of a vector register, not into memory: that is reported and not refused.
        if (budget.NoSpills && !(kernel.ScratchBytes + (kernel.VectorSpills ?? 0) == 0))
        {
            yield return new BudgetFinding(
                "NoSpills = true", kernel.Name, target, kernel.ScratchBytes is { } scratch ? $"{kernel.VectorSpills ?? 0} vector spills, {scratch} bytes of scratch" : null);
        }

        if (budget.MinWavesPerSimd is { } least && !(kernel.Occupancy?.WavesPerSimd >= least))
        {
            yield return Finding(
                $"MinOccupancy = {least}", kernel.Occupancy?.WavesPerSimd, "waves, limited by " + kernel.Occupancy?.LimitedBy switch
                {
                    OccupancyLimit.VectorRegisters => $"{kernel.VectorRegisters} vector registers",
                    OccupancyLimit.ScalarRegisters => $"{kernel.ScalarRegisters} scalar registers",
                    OccupancyLimit.Lds => $"{kernel.LdsBytes} bytes of LDS per block",
                    OccupancyLimit.BlockSize => $"blocks of {kernel.ThreadsPerBlock} threads with {kernel.VectorRegisters} vector registers",
                    _ => "the hardware",
                });
        }

        BudgetFinding Finding(string demand, int? measure, string unit) =>
            new(demand, kernel.Name, target, measure is { } known ? known.ToString(CultureInfo.InvariantCulture) + " " + unit : null);
    }
}
