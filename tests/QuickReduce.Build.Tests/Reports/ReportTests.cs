using System.Text.Json;
using Microsoft.Build.Framework;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Build.Tests.Reports;

/// <summary>Every compiled file has a report beside it, made once, the same everywhere, and kept to the budgets.</summary>
public sealed class ReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RequiresProgramsFact("clang++-22", "ld.lld-22", "llvm-objdump-22")]
    public void A_report_is_written_for_every_target_and_only_once()
    {
        NativeBuild build = RealBuild("gfx942;sm_90;host");
        Assert.True(build.Run());
        string[] reports = [.. build.Kernels.Where(file => file.EndsWith(CodeReportJson.Extension, StringComparison.Ordinal))];
        Assert.Equal(build.Kernels.Count(file => Path.GetExtension(file) is ".hsaco" or ".ptx" or ".so"), reports.Length);

        JsonElement kernel = Report("gfx942/kernel.hsaco").GetProperty("kernels")[0];
        Assert.Equal("scale", kernel.GetProperty("name").GetString());
        Assert.True(kernel.GetProperty("vectorRegisters").GetInt32() > 0);
        Assert.Equal(16, kernel.GetProperty("instructions").GetProperty("bytesLoadedPerLane").GetInt32());
        Assert.Equal(JsonValueKind.Null, Report("sm_90/kernel.ptx").GetProperty("kernels")[0].GetProperty("vectorRegisters").ValueKind);
        Assert.Equal(JsonValueKind.Null, Report("host/x86-64-v3/kernel.so").GetProperty("kernels")[0].GetProperty("instructions").ValueKind);

        DateTime before = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.All(reports, report => File.SetLastWriteTimeUtc(_folder[$"obj/kernels/{report}"], before));
        Assert.True(build.Run());
        Assert.All(reports, report => Assert.Equal(before, File.GetLastWriteTimeUtc(_folder[$"obj/kernels/{report}"])));

        // One that was removed comes back, and nothing is compiled for it.
        File.Delete(_folder["obj/kernels/gfx942/kernel.hsaco.report.json"]);
        DateTime compiled = File.GetLastWriteTimeUtc(_folder["obj/kernels/gfx942/kernel.hsaco"]);
        Assert.True(build.Run());
        Assert.True(File.Exists(_folder["obj/kernels/gfx942/kernel.hsaco.report.json"]));
        Assert.Equal(compiled, File.GetLastWriteTimeUtc(_folder["obj/kernels/gfx942/kernel.hsaco"]));
    }

    [UnixFact]
    public void Without_a_disassembler_the_report_says_so_and_the_build_goes_on()
    {
        var compiler = new FakeCompiler(_folder);
        var build = new NativeBuild(_folder) { OffloadArchs = "gfx942", Clang = compiler.Path };
        build.SetSource("kernel", "// nothing\n");
        Assert.True(build.Run());
        Assert.Empty(build.Engine.Warnings);
        Assert.Contains(build.Engine.Messages, message => message.Message!.Contains("no llvm-objdump belongs to", StringComparison.Ordinal));
        // What the stand-in leaves is the beginning of a code object.
        Assert.Contains("ELF file", Report("gfx942/kernel.hsaco").GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(0, Report("gfx942/kernel.hsaco").GetProperty("kernels").GetArrayLength());
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22", "llvm-objdump-22")]
    public void A_kernel_over_its_budget_is_an_error_at_the_attribute_in_every_build()
    {
        var consumer = new ConsumerProject(
            _folder, "app", properties: $"<QuickReduceOffloadArchs>gfx942 gfx1100</QuickReduceOffloadArchs><QuickReduceClang>{SystemPrograms.Get("clang++-22")}</QuickReduceClang>");
        consumer.WriteKernels(("My.scale", SampleKernels.Scale));
        Declare("maxVgprs: 2, noSpills: true, minOccupancy: 0");
        string expected = @"/app/Collectives\.cs\(12,2\): error QR2020: 2 kernels are not within MaxVgprs = 2: scale for gfx942 has \d+ registers, scale for gfx1100 has \d+ registers\. \[";
        for (int run = 0; run < 2; run++)
        {
            DotnetResult failed = consumer.Build();
            Assert.Matches(expected, failed.Output);
            Assert.Contains("1 Error(s)", failed.Output, StringComparison.Ordinal);
        }

        Declare("maxVgprs: 64, noSpills: true, minOccupancy: 8");
        DotnetResult within = consumer.Build();
        within.AssertSucceeded();
        Assert.Matches(@"Collectives\.cs\(12,2\): warning QR2021: MinOccupancy = 8 can't be checked for gfx1100: no figures of the architecture are known\.", within.Output);

        // The attribute's own demands go before those of the whole project.
        consumer.Build("-p:QuickReduceMaxVgprs=2").AssertSucceeded();
        Declare("maxVgprs: 0, noSpills: false, minOccupancy: 0");
        Assert.Matches(expected, consumer.Build("-p:QuickReduceMaxVgprs=2").Output);
        consumer.Build("-p:QuickReduceNoSpills=true").AssertSucceeded();
    }

    private void Declare(string budget) => _folder.Write("app/Declaration.cs", $$"""
        [assembly: QuickReduce.KernelDeclaration("Collectives.cs", 12, 2, "My.scale scale", {{budget}})]
        namespace QuickReduce
        {
            [System.AttributeUsage(System.AttributeTargets.Assembly, AllowMultiple = true)]
            internal sealed class KernelDeclarationAttribute : System.Attribute
            {
                public KernelDeclarationAttribute(string file, int line, int column, string kernels, int maxVgprs, bool noSpills, int minOccupancy) { }
            }
        }
        """);

    private JsonElement Report(string output) => JsonDocument.Parse(File.ReadAllText(_folder[$"obj/kernels/{output}.report.json"])).RootElement;

    private NativeBuild RealBuild(string architectures)
    {
        var build = new NativeBuild(_folder) { OffloadArchs = architectures, Clang = SystemPrograms.Find("clang++-22") ?? "" };
        build.SetSource("kernel", SampleKernels.Scale);
        return build;
    }
}
