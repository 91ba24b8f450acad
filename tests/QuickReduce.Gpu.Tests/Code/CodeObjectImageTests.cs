using QuickReduce.Devices.Gpu.Code;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests.Code;

/// <summary>Reading code objects and bundles, as compilers write them and damaged.</summary>
public sealed class CodeObjectImageTests
{
    private const string Device = "gfx942:sramecc+:xnack-";

    private static readonly Lazy<byte[]> Bundle = new(() => Make("--gpu-bundle-output", "gfx942:xnack+", "gfx942:xnack-", "gfx950", "gfx90a"));

    [RequiresProgramsTheory(StandInHipRtc.Compiler)]
    [InlineData("gfx942", true)]
    [InlineData("gfx942:xnack-", true)]
    [InlineData("gfx942:sramecc+:xnack-", true)]
    [InlineData("gfx9-4-generic", true)]
    [InlineData("gfx942:xnack+", false)]
    [InlineData("gfx942:sramecc-", false)]
    [InlineData("gfx950", false)]
    [InlineData("gfx90a", false)]
    public void ACodeObjectIsTakenIfItsTargetFits(string architecture, bool fits)
    {
        var image = Make("--no-gpu-bundle-output", architecture);
        Assert.Equal(TargetId.Parse(architecture), CodeObjectImage.TargetOf(image, "x.hsaco"));
        var selected = CodeObjectImage.Select(TargetId.Parse(Device)!, image, "x.hsaco", out var refusal);
        Assert.Equal(fits, selected is not null);
        Assert.Equal(fits ? string.Empty : "code for " + architecture, refusal);
    }

    [RequiresProgramsTheory(StandInHipRtc.Compiler)]
    [InlineData("gfx942:sramecc+:xnack-", "gfx942:xnack-")]
    [InlineData("gfx942:sramecc+:xnack+", "gfx942:xnack+")]
    [InlineData("gfx950:sramecc+:xnack-", "gfx950")]
    [InlineData("gfx90a:sramecc+:xnack+", "gfx90a")]
    public void OfABundleTheEntryForTheDeviceIsTaken(string device, string entry)
    {
        var selected = CodeObjectImage.Select(TargetId.Parse(device)!, Bundle.Value, "x.hsaco", out _);
        Assert.Equal(TargetId.Parse(entry), CodeObjectImage.TargetOf(selected!.Value.Span, "x.hsaco"));
    }

    /// <summary>What AMD's own hipcc (on Debian 12, 5.2) writes when it is asked for two targets.</summary>
    [RequiresProgramsTheory("hipcc")]
    [InlineData("gfx90a:sramecc+:xnack-", "gfx90a")]
    [InlineData("gfx908:sramecc+:xnack-", "gfx908")]
    public void ABundleOfHipccIsRead(string device, string entry)
    {
        var bundle = Make("env", ["HIP_PLATFORM=amd", "hipcc", "--genco"], "gfx908", "gfx90a");
        Assert.Equal(TargetId.Parse(entry), CodeObjectImage.TargetOf(CodeObjectImage.Select(TargetId.Parse(device)!, bundle, "x.hsaco", out _)!.Value.Span, "x.hsaco"));
        Assert.Null(CodeObjectImage.Select(TargetId.Parse(Device)!, bundle, "x.hsaco", out _));
    }

    [RequiresProgramsFact(StandInHipRtc.Compiler)]
    public void ABundleWithoutAnEntryForTheDeviceSaysWhatItHas()
    {
        Assert.Null(CodeObjectImage.Select(TargetId.Parse("gfx908:sramecc+:xnack-")!, Bundle.Value, "x.hsaco", out var refusal));
        Assert.Equal("a bundle for gfx90a, gfx942:xnack+, gfx942:xnack-, gfx950", refusal);
    }

    /// <summary>Wherever a copy was broken off: a typed exception, or code that the driver will judge; and never the whole.</summary>
    [RequiresProgramsTheory(StandInHipRtc.Compiler)]
    [InlineData(true)]
    [InlineData(false)]
    public void TruncatedFilesAreDamaged(bool isBundle)
    {
        var image = isBundle ? Bundle.Value : Make("--no-gpu-bundle-output", "gfx942");
        var device = TargetId.Parse("gfx950:sramecc+:xnack-")!; // the last entry of the bundle
        var magicBytes = isBundle ? 24 : 64;
        for (var bytes = magicBytes; bytes < image.Length; bytes = int.Min(bytes + (bytes < 512 ? 1 : 61), bytes == image.Length - 1 ? image.Length : image.Length - 1))
        {
            var exception = Assert.Throws<NativeLibraryException>(() => CodeObjectImage.Select(isBundle ? device : TargetId.Parse(Device)!, image.AsMemory(0, bytes), "x.hsaco", out _));
            Assert.Equal((NativeLibraryProblem.Corrupt, "x.hsaco"), (exception.Problem, exception.Path));
            Assert.Contains("Rebuild or reinstall", exception.Message, StringComparison.Ordinal);
        }
    }

    [RequiresProgramsFact(StandInHipRtc.Compiler)]
    public void NoDamageEndsInAnythingButATypedException()
    {
        var random = new Random(1);
        foreach (var image in new[] { Bundle.Value, Make("--no-gpu-bundle-output", "gfx942") })
        {
            for (var round = 0; round < 500; round++)
            {
                var damaged = image.ToArray();
                for (var i = random.Next(1, 8); i > 0; i--)
                {
                    damaged[random.Next(round % 2 == 0 ? 1024 : damaged.Length)] = (byte)random.Next(256);
                }

                try
                {
                    _ = CodeObjectImage.Select(TargetId.Parse(Device)!, damaged, "x.hsaco", out _);
                }
                catch (NativeLibraryException exception)
                {
                    Assert.NotEqual(NativeLibraryProblem.Missing, exception.Problem);
                }
            }
        }
    }

    [Fact]
    public void ACompressedBundleIsRefusedWithTheRemedy()
    {
        var exception = Assert.Throws<NativeLibraryException>(() => CodeObjectImage.Select(TargetId.Parse(Device)!, "CCOB\x02\0"u8.ToArray(), "x.hsaco", out _));
        Assert.Contains("--no-offload-compress", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptyFileIsDamaged() =>
        Assert.Equal(NativeLibraryProblem.Corrupt, Assert.Throws<NativeLibraryException>(() => CodeObjectImage.Select(TargetId.Parse(Device)!, default, "x.hsaco", out _)).Problem);

    private static byte[] Make(string form, params string[] architectures) => Make(StandInHipRtc.Compiler, ["--cuda-device-only", form], architectures);

    private static byte[] Make(string program, string[] arguments, params string[] architectures)
    {
        var folder = Directory.CreateTempSubdirectory("quickreduce-code-object-");
        try
        {
            var (source, output) = (Path.Combine(folder.FullName, "k.hip"), Path.Combine(folder.FullName, "k.o"));
            File.WriteAllText(source, "extern \"C\" __attribute__((global)) void kernel(int* out) { *out = 1; }\n");
            var (exitCode, said) = NativeLibraryOfTests.Run(
                program, [.. arguments, "-nogpuinc", "-nogpulib", "-fuse-cuid=none", "-O1", "-o", output, .. architectures.Select(static name => "--offload-arch=" + name), "-x", "hip", source]);
            Assert.True(exitCode == 0, said);
            return File.ReadAllBytes(output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
