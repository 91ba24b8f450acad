using QuickReduce.Tests.Collectives;
using Xunit;

namespace QuickReduce.Tests.Devices;

/// <summary>Loading and running native kernel libraries, good and bad.</summary>
public class HostDeviceTests
{
    [NeedsCompilerTheory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task RunsThePhasesOfALibraryAsTheGeometrySays(int worldSize)
    {
        using var library = TestLibrary.Compile(worldSize);
        var variant = library.Kernels.Variants[0];
        using var group = library.CreateGroup();
        Assert.Equal(DeviceKind.Host, group.Device);
        foreach (var size in new[] { 0, 1, 33, 2049, 16383, 16384, 16385, 200_003 })
        {
            // Finite input: what a NaN's payload becomes is for generated kernels to get right, not for this one.
            var inputs = Messages.Random(DataType.Float16, worldSize, size, seed: size).Select(message => message.Select(bits => (ushort)(bits & 0xBBFF)).ToArray()).ToArray();
            var expected = Messages.Expected(DataType.Float16, QuantRegime.FP, inputs);
            Assert.All(Messages.AllReduceAtOnce(group, DataType.Float16, QuantRegime.FP, inputs, inPlace: true), output => Assert.Equal(expected, output));
            Assert.All(await Messages.AllReducePerRank(group, DataType.Float16, QuantRegime.FP, inputs), output => Assert.Equal(expected, output));
        }

        Assert.Equal(QuantRegime.FP, variant.Regime);
    }

    [NeedsCompilerFact]
    public void ATruncatedLibraryIsRefusedBeforeItIsLoaded()
    {
        using var library = TestLibrary.Compile(2);
        using (var file = File.OpenWrite(library.Path))
        {
            file.SetLength(file.Length / 2);
        }

        AssertRefused(library, NativeLibraryProblem.Corrupt);
    }

    [NeedsCompilerFact]
    public void ALibraryWithoutChecksumIsRefused()
    {
        using var library = TestLibrary.Compile(2);
        File.Delete(library.Path + ".sha256");
        AssertRefused(library, NativeLibraryProblem.Corrupt);
    }

    [NeedsCompilerFact]
    public void AFileThatIsNoLibraryIsRefused()
    {
        using var library = TestLibrary.Compile(2);
        File.WriteAllText(library.Path, "not a library");
        library.WriteChecksum();
        AssertRefused(library, NativeLibraryProblem.NotLoadable);
    }

    [NeedsCompilerFact]
    public void AStaleLibraryIsRefusedAndItsRebuiltSuccessorTaken()
    {
        using var library = TestLibrary.Compile(2, sourceId: "fedcba9876543210");
        AssertRefused(library, NativeLibraryProblem.Stale);

        using var rebuilt = TestLibrary.Compile(2);
        File.Delete(library.Path);
        File.Copy(rebuilt.Path, library.Path);
        library.WriteChecksum();
        using var group = library.CreateGroup();
        Half[][] buffers = [[Half.One], [Half.One]];
        group.AllReduce<Half>(QuantRegime.FP, [buffers[0], buffers[1]], [buffers[0], buffers[1]]);
        Assert.Equal((Half)2, buffers[1][0]);
    }

    [NeedsCompilerFact]
    public void ALibraryOfAnotherInterfaceIsRefused()
    {
        using var library = TestLibrary.Compile(2, abiVersion: 99);
        AssertRefused(library, NativeLibraryProblem.WrongAbi);
    }

    [NeedsCompilerFact]
    public void AMissingLibraryIsLookedForWhereTheBuildPutsIt()
    {
        using var library = TestLibrary.Compile(2);
        File.Delete(library.Path);
        var message = AssertRefused(library, NativeLibraryProblem.Missing);
        Assert.Contains(library.Path, message, StringComparison.Ordinal);
        Assert.Contains("QuickReduceOffloadArchs=host", message, StringComparison.Ordinal);
        Assert.Contains("DeviceKind.Managed", message, StringComparison.Ordinal);
    }

    [NeedsCompilerFact]
    public void AKernelSetWithoutUnitsHasNoLibraries()
    {
        var variant = new KernelVariant(DataType.Float16, QuantRegime.FP, 2);
        using var group = AllReduceGroup.Create(new KernelSet("A", [variant], []), 2, new GroupOptions { Device = DeviceKind.Host });
        Assert.Equal(NativeLibraryProblem.Missing, Assert.Throws<NativeLibraryException>(() => group.AllReduce<Half>(QuantRegime.FP, [new Half[1], new Half[1]], [new Half[1], new Half[1]])).Problem);
    }

    private static string AssertRefused(TestLibrary library, NativeLibraryProblem problem)
    {
        using var group = library.CreateGroup();
        var outputs = new[] { new Half[3], new Half[3] };
        Exception?[] exceptions = [.. Bounded.Run(
            () => group[0].AllReduce<Half>(QuantRegime.FP, new Half[3], outputs[0]),
            () => group[1].AllReduce<Half>(QuantRegime.FP, new Half[3], outputs[1]))];

        foreach (var exception in exceptions)
        {
            var failure = Assert.IsType<NativeLibraryException>(exception);
            Assert.Equal(problem, failure.Problem);
            Assert.Equal(library.Path, failure.Path!.Replace("x86-64-v4", "x86-64-v3", StringComparison.Ordinal));
            Assert.Contains("float16_fp two_shot_world2", failure.Message, StringComparison.Ordinal);
        }

        return exceptions[0]!.Message;
    }
}
