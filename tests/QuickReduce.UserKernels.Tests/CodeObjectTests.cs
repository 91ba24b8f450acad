using System.Diagnostics;
using System.Text.RegularExpressions;
using FusedRmsNorm;
using QuickReduce.Tests.Shared;

namespace QuickReduce.UserKernels.Tests;

/// <summary>What the compilers made of the kernels for GPUs. None of it was run here.</summary>
public sealed partial class CodeObjectTests
{
    public static TheoryData<string> Families => ["FusedRmsNorm", "Mixed", "DivideByPeak"];

    [RequiresProgramsTheory("clang++-22", "llvm-readelf-22")]
    [MemberData(nameof(Families))]
    public void AmdCodeObjectsHoldEveryKernelAndSpillNothing(string name)
    {
        var family = FamilyOf(name);
        var notes = string.Concat(family.Units.Select(unit => Notes(Path.Combine(AppContext.BaseDirectory, "quickreduce", "gfx942", unit.Name + ".hsaco"))));
        Assert.All(family.KernelNames, kernel => Assert.Matches(@"\.name:\s+" + kernel + @"\b", notes));
        Assert.Equal(family.KernelNames.Count, Spills().Count(notes));
        Assert.All(Spills().Matches(notes), static match => Assert.Equal("0", match.Groups[1].Value));
        Assert.All(Arguments().Matches(notes), match => Assert.InRange(int.Parse(match.Groups[1].Value), family.ArgumentBytes, int.MaxValue));
    }

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Families))]
    public void PtxHasAnEntryForEveryKernelWithArgumentsOfTheSameSize(string name)
    {
        var family = FamilyOf(name);
        var ptx = string.Concat(family.Units.Select(unit => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "quickreduce", "sm_90", unit.Name + ".ptx"))));
        Assert.All(family.KernelNames, kernel => Assert.Matches(@"\.entry " + kernel + @"\(\s*\.param \.align 8 \.b8 \w+\[" + family.ArgumentBytes + @"\]", ptx));
        Assert.DoesNotContain(".extern", ptx);
    }

    private static KernelFamily FamilyOf(string name) => name switch
    {
        "FusedRmsNorm" => Norms.FusedRmsNormKernels,
        "Mixed" => Kernels.MixedKernels,
        _ => Kernels.DivideByPeakKernels,
    };

    private static string Notes(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("llvm-readelf-22", ["--notes", path]) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    [GeneratedRegex(@"\.vgpr_spill_count:\s*(\d+)")]
    private static partial Regex Spills();

    [GeneratedRegex(@"\.kernarg_segment_size:\s*(\d+)")]
    private static partial Regex Arguments();
}
