using System.Diagnostics;
using System.Text.Json;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Emulation.Tests;

/// <summary>The tool's command, as a user runs it.</summary>
public class CommandTests
{
    private const int Identical = 0, NotIdentical = 1, CannotBeRead = 3;

    private static readonly KernelVariant Variant = new(DataType.BFloat16, QuantRegime.Int4, 2);
    private static readonly string Assembly = typeof(CommandTests).Assembly.Location;

    [RequiresProgramsFact("clang++-22")]
    public void AnAssemblysKernelsAreRunAndReported()
    {
        var (code, output, _) = Emulate(Assembly, "--kernel", Variant.KernelName, "--seeds", "2", "--size", "1", "5000", "--json");
        Assert.Equal(Identical, code);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.True(report.GetProperty("isIdentical").GetBoolean());
        Assert.Contains("no timing, no caches", report.GetProperty("claim").GetString());
        var kernel = Assert.Single(report.GetProperty("kernels").EnumerateArray());
        Assert.Equal((Variant.KernelName, 2, 2), (kernel.GetProperty("kernel").GetString(), kernel.GetProperty("seeds").GetInt32(), kernel.GetProperty("identicalSeeds").GetInt32()));
        Assert.InRange(kernel.GetProperty("instructions").GetInt64(), 1000, long.MaxValue);
    }

    [RequiresProgramsFact("clang++-22")]
    public void MessagesOfAFileAreReducedByACodeObjectAlone()
    {
        var messages = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(messages, new byte[2 * 2 * 999]);
            var (code, output, errors) = Emulate(CodeObjectFiles.PathOf(Variant), "--kernel", "two_shot", "--world-size", "2", "--seeds", "1", "--messages", messages);
            Assert.True(code == Identical, output + errors);
            Assert.Contains(Variant.KernelName, output);
            Assert.Contains("functionally executed in an interpreter", output);

            (code, _, errors) = Emulate(CodeObjectFiles.PathOf(Variant), "--world-size", "8", "--messages", messages);
            Assert.Equal(CannotBeRead, code);
            Assert.Contains("are not 8 messages", errors);
        }
        finally
        {
            File.Delete(messages);
        }
    }

    [RequiresProgramsFact("clang++-22")]
    public void AKernelThatDoesNotWaitIsReportedWithTheInstruction()
    {
        using var mutated = new MutatedKernel(Variant, static code => code.Where(static i => i.ToString() == "s_waitcnt lgkmcnt(0)").Take(1));
        var path = Directory.GetFiles(mutated.Directory, "*.hsaco", SearchOption.AllDirectories).Single();
        var (code, output, _) = Emulate(path, "--kernel", Variant.KernelName, "--seeds", "1");
        Assert.Equal(NotIdentical, code);
        Assert.Contains("before the s_waitcnt for the load that fills it", output);
    }

    [Fact]
    public void WhatCannotBeRunIsSaid()
    {
        var empty = Path.GetTempFileName();
        try
        {
            Assert.Equal(CannotBeRead, Emulate(empty + ".dll").Code);
            var (code, _, errors) = Emulate(typeof(EmulatedMachine).Assembly.Location);
            Assert.Equal(NotIdentical, code);
            Assert.Contains("QuickReduceOffloadArchs", errors);
        }
        finally
        {
            File.Delete(empty);
        }
    }

    private static (int Code, string Output, string Errors) Emulate(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "QuickReduce.Cli.dll"), "emulate", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
