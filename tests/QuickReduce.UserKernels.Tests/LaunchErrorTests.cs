using System.Security.Cryptography;
using System.Text;
using FusedRmsNorm;
using QuickReduce.Tests.Shared;

namespace QuickReduce.UserKernels.Tests;

/// <summary>Launches that cannot work: the exception, what it says, and that nothing was written.</summary>
public sealed class LaunchErrorTests : IDisposable
{
    private static readonly string Unit = Norms.FusedRmsNormKernels.Units[0].Name;

    private readonly string _folder = Directory.CreateTempSubdirectory("quickreduce-user-kernels-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AnUndeclaredValueIsRefused()
    {
        var exception = Assert.Throws<VariantNotDeclaredException>(() => Norms.FusedRmsNorm<Half>(new Half[385], new Half[385], new Half[385], new Half[385], 1, 385, 0));
        Assert.Contains("hiddenSize = 385", exception.Message);
        Assert.Contains("384, 1000, 4096, 8192", exception.Message);
        Assert.Contains("[KernelAxis] of hiddenSize", exception.Message);
    }

    [Fact]
    public void AnUndeclaredElementTypeIsRefused()
    {
        var exception = Assert.Throws<VariantNotDeclaredException>(() => Norms.FusedRmsNorm<float>(new float[384], new float[384], new float[384], new float[384], 1, 384, 0));
        Assert.Contains("T = Single", exception.Message);
        Assert.Contains("float16, bfloat16", exception.Message);
    }

    [Fact]
    public void ValuesOfEveryKindOfAxisAreRefused()
    {
        Assert.Throws<VariantNotDeclaredException>(() => Kernels.Mixed([], [], 0, 1, Rounding.Up, true, "double", 0, true, 0));
        Assert.Throws<VariantNotDeclaredException>(() => Kernels.Mixed([], [], 0, 7, (Rounding)9, true, "double", 0, true, 0));
        Assert.Throws<VariantNotDeclaredException>(() => Kernels.Mixed([], [], 0, 7, Rounding.Up, true, "Double", 0, true, 0));
        Assert.Throws<VariantNotDeclaredException>(() => Kernels.Mixed([], [], 0, 7, Rounding.Up, true, null!, 0, true, 0));
    }

    [Theory]
    [InlineData(383, 384, 384, 384, "input")]
    [InlineData(384, 768, 384, 384, "residual")]
    [InlineData(384, 384, 0, 384, "weight")]
    [InlineData(384, 384, 384, 385, "output")]
    public void ABufferOfAnotherLengthIsRefused(int input, int residual, int weight, int output, string parameter)
    {
        var exception = Assert.Throws<ArgumentException>(() => Norms.FusedRmsNorm<Half>(new Half[input], new Half[residual], new Half[weight], new Half[output], 1, 384, 0));
        Assert.Equal(parameter, exception.ParamName);
        Assert.Contains("hiddenSize' is 384", exception.Message);
    }

    [Fact]
    public void ANegativeAmountOfWorkIsRefused()
    {
        Assert.Equal("rows", Assert.Throws<ArgumentOutOfRangeException>(() => Norms.FusedRmsNorm<Half>([], [], [], [], -1, 384, 0)).ParamName);
        Assert.Equal("n", Assert.Throws<ArgumentOutOfRangeException>(() => KernelFamily.BlocksOf(long.MaxValue, 1, "n")).ParamName);
        Assert.Equal((0u, 1u, 1u, 2u), (KernelFamily.BlocksOf(0, 64, "n"), KernelFamily.BlocksOf(1, 64, "n"), KernelFamily.BlocksOf(64, 64, "n"), KernelFamily.BlocksOf(65, 64, "n")));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new KernelLaunchOptions { MaxThreads = -1 });
    }

    [Fact]
    public void AMissingLibraryIsNamedWithTheRemedy()
    {
        var exception = AssertLaunchFails(NativeLibraryProblem.Missing);
        Assert.Contains("fused_rms_norm_float16_hidden_size384", exception.Message);
        Assert.Contains(Path.Combine(_folder, "quickreduce", "host"), exception.Message);
        Assert.Contains("Rebuild the application with QuickReduceOffloadArchs=host", exception.Message);
        Assert.DoesNotContain("Managed", exception.Message);
    }

    [RequiresProgramsFact("clang++-22")]
    public void ATruncatedLibraryIsRefused()
    {
        CopyLibraries(static bytes => bytes[..^100], static checksum => checksum);
        AssertLaunchFails(NativeLibraryProblem.Corrupt);
    }

    [RequiresProgramsFact("clang++-22")]
    public void ALibraryOfAnotherSourceIsRefused()
    {
        var id = Encoding.ASCII.GetBytes(Norms.FusedRmsNormKernels.Units[0].SourceId);
        CopyLibraries(
            bytes =>
            {
                "0123456789abcdef"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf(id)));
                return bytes;
            },
            static _ => null);
        Assert.Contains("0123456789abcdef", AssertLaunchFails(NativeLibraryProblem.Stale).Message);
    }

    [RequiresProgramsFact("clang++-22")]
    public void TheApplicationsOwnLibrariesAreFound()
    {
        Assert.True(Norms.FusedRmsNormKernels.TryLoad(out var problem), problem?.Message);
        Assert.True(Kernels.MixedKernels.TryLoad(out problem), problem?.Message);
    }

    private NativeLibraryException AssertLaunchFails(NativeLibraryProblem expected)
    {
        var options = new KernelLaunchOptions { LibraryDirectory = _folder };
        var output = new Half[384];
        var exception = Assert.Throws<NativeLibraryException>(() => Norms.FusedRmsNorm<Half>(new Half[384], new Half[384], new Half[384], output, 1, 384, 1, options));
        Assert.Equal(expected, exception.Problem);
        Assert.All(output, static x => Assert.Equal((Half)0, x));
        Assert.False(Norms.FusedRmsNormKernels.TryLoad(out var problem, options));
        Assert.Equal(expected, problem.Problem);

        // Where the application keeps its own, all is as before.
        Assert.NotEqual(_folder, AppContext.BaseDirectory);
        return exception;
    }

    private void CopyLibraries(Func<byte[], byte[]> change, Func<string, string?> changeChecksum)
    {
        foreach (var library in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "quickreduce", "host"), Unit + ".so", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder, Path.GetRelativePath(AppContext.BaseDirectory, library));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            var bytes = change(File.ReadAllBytes(library));
            File.WriteAllBytes(copy, bytes);
            File.WriteAllText(copy + ".sha256", changeChecksum(File.ReadAllText(library + ".sha256")) ?? Convert.ToHexString(SHA256.HashData(bytes)));
        }
    }
}
