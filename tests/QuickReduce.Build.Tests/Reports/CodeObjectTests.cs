using System.Text;
using System.Text.RegularExpressions;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Build.Tests.Reports;

/// <summary>What is read of code objects agrees with what the compiler says of the same kernels, and damage is no crash.</summary>
public sealed class CodeObjectTests : IDisposable
{
    /// <summary>Kernels that hold ever more registers across a fence, one of them too many, and some that use LDS.</summary>
    private const string Kernels =
        """
        typedef float Float4 __attribute__((ext_vector_type(4)));
        template <int COUNT> __attribute__((device, always_inline)) inline void hold(Float4* data) {
          unsigned lane = __builtin_amdgcn_workitem_id_x();
          Float4 values[COUNT];
          _Pragma("unroll") for (int i = 0; i < COUNT; ++i) values[i] = data[i * 256 + lane];
          __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "");
          _Pragma("unroll") for (int i = 0; i < COUNT; ++i) data[(COUNT - i) * 256 + lane] = values[i];
        }
        #define KERNEL(threads) extern "C" __attribute__((global, amdgpu_flat_work_group_size(threads, threads)))
        KERNEL(256) void hold4(Float4* data) { hold<4>(data); }
        KERNEL(256) void hold15(Float4* data) { hold<15>(data); }
        KERNEL(256) void hold17(Float4* data) { hold<17>(data); }
        KERNEL(256) void hold24(Float4* data) { hold<24>(data); }
        KERNEL(256) void hold40(Float4* data) { hold<40>(data); }
        KERNEL(1024) void hold20in1024(Float4* data) { hold<20>(data); }
        extern "C" __attribute__((global, amdgpu_flat_work_group_size(256, 256), amdgpu_waves_per_eu(8, 8))) void spill(Float4* data) { hold<40>(data); }
        template <int BYTES> __attribute__((device, always_inline)) inline void share(Float4* data) {
          static __attribute__((shared)) char memory[BYTES];
          unsigned lane = __builtin_amdgcn_workitem_id_x();
          ((Float4*)memory)[lane] = data[lane];
          __builtin_amdgcn_s_barrier();
          data[lane] = ((Float4*)memory)[255 - lane];
        }
        KERNEL(256) void share4k(Float4* data) { share<4096>(data); }
        KERNEL(256) void share20k(Float4* data) { share<20000>(data); }
        KERNEL(256) void share33k(Float4* data) { share<33000>(data); }

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RequiresProgramsTheory("clang++-22", "ld.lld-22", "llvm-objdump-22")]
    [InlineData("gfx90a")]
    [InlineData("gfx942")]
    [InlineData("gfx950")]
    public void Registers_spills_and_occupancy_are_what_the_compiler_says(string architecture)
    {
        string output = Compile(architecture, out string remarks);
        CodeReport report = CodeReader.Read(output, "kernels", target: null, source: null, DisassemblerHere(), CancellationToken.None);
        Assert.Equal((architecture, TargetKind.Amd), (report.Target, report.Kind));
        Assert.Empty(report.Notes);

        MatchCollection said = Regex.Matches(
            remarks,
            @"Function Name: (?<name>\w+).*?TotalSGPRs: (?<sgpr>\d+).*? VGPRs: (?<vgpr>\d+).*? AGPRs: (?<agpr>\d+).*?ScratchSize \[bytes/lane\]: (?<scratch>\d+)"
            + @".*?Occupancy \[waves/SIMD\]: (?<waves>\d+).*?SGPRs Spill: (?<sspill>\d+).*?VGPRs Spill: (?<vspill>\d+).*?LDS Size \[bytes/block\]: (?<lds>\d+)",
            RegexOptions.Singleline);
        Assert.Equal(10, said.Count);
        foreach (Match kernel in said)
        {
            int Said(string what) => int.Parse(kernel.Groups[what].Value, System.Globalization.CultureInfo.InvariantCulture);
            KernelReport found = report.Kernels.Single(item => item.Name == kernel.Groups["name"].Value);
            Assert.Equal(
                (kernel.Groups["name"].Value, Said("sgpr"), Said("agpr"), Said("scratch"), Said("sspill"), Said("vspill"), Said("lds"), Said("waves")),
                (found.Name, found.ScalarRegisters, found.AccumulatorRegisters, found.ScratchBytes, found.ScalarSpills, found.VectorSpills, found.LdsBytes, found.Occupancy!.WavesPerSimd));
            // Both kinds share a file, in which accumulators begin at a multiple of four.
            int together = Said("agpr") == 0 ? Said("vgpr") : (Said("vgpr") + 3) / 4 * 4 + Said("agpr");
            Assert.Equal(together, found.VectorRegisters);
        }

        KernelReport spill = report.Kernels.Single(kernel => kernel.Name == "spill");
        Assert.True(spill.ScratchBytes > 0);
        // gfx90a has no instructions of their own for scratch.
        Assert.Equal(architecture != "gfx90a", spill.Instructions![InstructionTraits.Scratch] > 0);
        InstructionCounts hold = report.Kernels.Single(kernel => kernel.Name == "hold15").Instructions!;
        Assert.Equal((15, 15, 15 * 16, 15 * 16), (
            hold[InstructionClass.VectorLoad], hold[InstructionClass.VectorStore], hold.BytesLoadedPerLane, hold.BytesStoredPerLane));
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void A_code_object_that_is_cut_short_anywhere_is_refused_with_words()
    {
        byte[] whole = File.ReadAllBytes(Compile("gfx942", out _));
        string path = _folder["short.hsaco"];
        for (int length = 0; length < whole.Length; length += 61)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<UnreadableCodeObjectException>(() => CodeReader.Read(path, "short", null, null, null, CancellationToken.None));
        }
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void A_damaged_code_object_is_read_or_refused()
    {
        byte[] whole = File.ReadAllBytes(Compile("gfx942", out _));
        string path = _folder["damaged.hsaco"];
        var random = new Random(7);
        for (int trial = 0; trial < 400; trial++)
        {
            byte[] damaged = [.. whole];
            for (int i = 0; i < 8; i++)
            {
                // Header, section headers and metadata: machine code is not looked at.
                damaged[trial % 2 == 0 ? random.Next(4, 4096) : random.Next(whole.Length - 4096, whole.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, damaged);
            if (Record.Exception(() => CodeReader.Read(path, "damaged", null, null, null, CancellationToken.None)) is { } problem)
            {
                Assert.IsType<UnreadableCodeObjectException>(problem);
            }
        }
    }

    [Theory]
    [InlineData("", "is neither a code object")]
    [InlineData("MZ\0\0 something", "is neither a code object")]
    [InlineData("__CLANG_OFFLOAD_BUNDLE__\u0002", "clang-offload-bundler --unbundle")]
    [InlineData("\u007fELF", "is not a 64-bit little-endian ELF file")]
    public void Foreign_files_are_named(string content, string expected)
    {
        string path = _folder["foreign"];
        File.WriteAllText(path, content, Encoding.Latin1);
        var problem = Assert.Throws<UnreadableCodeObjectException>(() => CodeReader.Read(path, "foreign", null, null, null, CancellationToken.None));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gfx942", 64, 96, 256, 0, 8, "Hardware")]
    [InlineData("gfx942", 65, 96, 256, 0, 7, "VectorRegisters")]
    [InlineData("gfx942:sramecc+:xnack-", 73, 96, 256, 0, 6, "VectorRegisters")]
    [InlineData("gfx950", 64, 102, 256, 0, 7, "ScalarRegisters")]
    [InlineData("gfx942", 96, 96, 256, 0, 5, "VectorRegisters")]
    [InlineData("gfx942", 96, 96, 1024, 0, 4, "BlockSize")]
    [InlineData("gfx942", 512, 96, 256, 0, 1, "VectorRegisters")]
    [InlineData("gfx942", 32, 32, 256, 16385, 3, "Lds")]
    [InlineData("gfx950", 32, 32, 256, 16385, 8, "Hardware")]
    public void Occupancy_goes_by_the_granules_of_the_register_file(
        string architecture, int vector, int scalar, int threads, int lds, int waves, string limit)
    {
        var kernel = new KernelMetadata("k", vector, 0, scalar, 0, 0, 0, lds, 1024, 64);
        Assert.Equal(new Occupancy(waves, Enum.Parse<OccupancyLimit>(limit)), RegisterFile.Of(architecture)!.OccupancyOf(kernel, threads));
    }

    [Fact]
    public void Of_other_architectures_no_occupancy_is_claimed() => Assert.Null(RegisterFile.Of("gfx1100"));

    [Theory]
    [InlineData(new byte[] { 0x81, 0xa1, 0x61, 0x93, 0x01, 0xc3, 0xcd, 0x01, 0x00 })]
    [InlineData(new byte[] { 0xde, 0x00, 0x01, 0xd9, 0x01, 0x61, 0xdc, 0x00, 0x03, 0xcc, 0x01, 0xc3, 0xd2, 0x00, 0x00, 0x01, 0x00 })]
    public void MessagePack_in_short_and_long_forms(byte[] bytes)
    {
        var map = Assert.IsType<Dictionary<string, object?>>(MessagePackReader.Read(bytes));
        Assert.Equal(["a"], map.Keys);
        Assert.Equal([1L, true, 256L], Assert.IsType<List<object?>>(map["a"]));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<UnreadableCodeObjectException>(() => MessagePackReader.Read(bytes[..length]));
        }
    }

    private static Disassembler? DisassemblerHere() => Disassembler.OnPath(new SearchSpace(Environment.GetEnvironmentVariable));

    private string Compile(string architecture, out string remarks)
    {
        string source = _folder.Write("kernels.hip", Kernels);
        string output = _folder[architecture + ".hsaco"];
        var toolchain = new ToolchainChoice(new Compiler(CompilerKind.Clang, SystemPrograms.Get("clang++-22"), "", "", 22), UseLld: true);
        OffloadTarget target = OffloadTarget.Amd(architecture);
        ChildResult result = ChildProcess.Run(
            toolchain.Compiler.Path,
            CommandLine.Arguments(
                CommandLine.Flags(target, toolchain, ["-Rpass-analysis=kernel-resource-usage"]), CommandLine.Language(target.Kind), source, output),
            new Dictionary<string, string>(),
            TimeSpan.FromMinutes(2),
            CancellationToken.None);
        Assert.True(result.Succeeded, result.Output);
        remarks = result.Output;
        return output;
    }
}
