using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace QuickReduce.Build;

/// <summary>
/// Compares the reports of compiled kernels with what the project allows them, and says at the attribute that declares a kernel
/// where it needs more. Runs in every build, so that a kernel over its budget fails every one until it is within.
/// </summary>
public sealed class CheckKernelBudgets : Task
{
    private const int NamedKernels = 4;

    /// <summary>The assembly that carries the kernels and, in its attributes, their budgets.</summary>
    [Required]
    public string Assembly { get; set; } = "";

    /// <summary>Compiled files as <see cref="CompileKernels"/> returns them.</summary>
    public ITaskItem[] Outputs { get; set; } = [];

    /// <summary>Folder that the attributes' files are relative to.</summary>
    public string ProjectFolder { get; set; } = "";

    /// <summary>Most vector registers of kernels whose attribute says nothing; 0 for any number.</summary>
    public int MaxVgprs { get; set; }

    /// <summary>Whether no kernel may spill vector registers or use scratch.</summary>
    public bool NoSpills { get; set; }

    /// <summary>Fewest waves per SIMD of kernels whose attribute says nothing; 0 for any number.</summary>
    public int MinOccupancy { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            var general = new KernelBudget(MaxVgprs > 0 ? MaxVgprs : null, NoSpills, MinOccupancy > 0 ? MinOccupancy : null);
            foreach (KernelDeclaration declaration in KernelDeclarationReader.Read(Assembly))
            {
                KernelBudget budget = declaration.Budget.Or(general);
                if (budget.DemandsAnything)
                {
                    Check(declaration, budget);
                }
            }
        }
        catch (UnusableKernelSourceException problem)
        {
            Log.Error(DiagnosticIds.UnusableKernelSource, problem.Message, Assembly);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.Error(DiagnosticIds.FileAccess, $"The kernels' reports can't be read: {failure.Message}");
        }

        return !Log.HasLoggedErrors;
    }

    private void Check(KernelDeclaration declaration, KernelBudget budget)
    {
        var findings = new List<BudgetFinding>();
        var notes = new List<string>();
        foreach (ITaskItem output in Outputs.Where(IsAmd))
        {
            if (declaration.Kernels.TryGetValue(output.GetMetadata(ItemMetadata.UnitName), out IReadOnlyList<string>? names))
            {
                findings.AddRange(Check(output, names, budget, notes));
            }
        }

        SourcePlace place = declaration.Place with { File = declaration.Place.File is { } file ? Path.GetFullPath(Path.Combine(ProjectFolder, file)) : null };
        foreach (IGrouping<string, BudgetFinding> group in findings.Where(finding => finding.Measure is not null).GroupBy(finding => finding.Demand))
        {
            Log.ErrorAt(DiagnosticIds.BudgetExceeded, place, $"{Count(group)} not within {group.Key}: {Names(group)}.");
        }

        foreach (IGrouping<string, BudgetFinding> group in findings.Where(finding => finding.Measure is null).GroupBy(finding => finding.Demand))
        {
            string why = notes.Count > 0 ? string.Join("; ", notes.Distinct()) : "no figures of the architecture are known";
            Log.WarningAt(
                DiagnosticIds.BudgetNotChecked, place, $"{group.Key} can't be checked for {string.Join(", ", group.Select(finding => finding.Target).Distinct())}: {why}.");
        }
    }

    private static IEnumerable<BudgetFinding> Check(ITaskItem output, IReadOnlyList<string> names, KernelBudget budget, List<string> notes)
    {
        string target = output.GetMetadata(ItemMetadata.Architecture);
        IReadOnlyList<KernelReport> kernels = [];
        try
        {
            string text = FileText.ReadOrNull(output.GetMetadata(ItemMetadata.ReportPath)) ?? "";
            (IReadOnlyList<string> said, kernels) = CodeReportJson.ReadResources(text);
            notes.AddRange(kernels.Count == 0 ? said : []);
        }
        catch (UnreadableCodeObjectException problem)
        {
            notes.Add($"the report '{output.GetMetadata(ItemMetadata.ReportPath)}' {problem.Message}");
        }

        var byName = kernels.ToDictionary(kernel => kernel.Name, StringComparer.Ordinal);
        return names.SelectMany(name => BudgetCheck.Of(
            byName.TryGetValue(name, out KernelReport? kernel) ? kernel : Unknown(name), target, budget));
    }

    private static KernelReport Unknown(string name) => new(name, null, null, null, null, null, null, null, null, null, null, null);

    private static bool IsAmd(ITaskItem output) => output.GetMetadata(ItemMetadata.Kind) == nameof(TargetKind.Amd);

    private static string Count(IEnumerable<BudgetFinding> findings) => findings.Count() is var count && count == 1 ? "1 kernel is" : $"{count} kernels are";

    private static string Names(IEnumerable<BudgetFinding> findings)
    {
        BudgetFinding[] all = [.. findings];
        string more = all.Length > NamedKernels ? $", and {all.Length - NamedKernels} more" : "";
        return string.Join(", ", all.Take(NamedKernels).Select(finding => $"{finding.Kernel} for {finding.Target} has {finding.Measure}")) + more;
    }
}
