using System.Text.Json.Nodes;
using Xunit;

namespace QuickReduce.Tests.Policy;

public sealed class TuningProfileTests : IDisposable
{
    private static readonly GpuFingerprint H100 = new(DeviceKind.Cuda, "NVIDIA H100 80GB HBM3", "sm_90");
    private static readonly GpuFingerprint MI300X = new(DeviceKind.Hip, "AMD Instinct MI300X", "gfx942");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quickreduce-profile-");

    private string File => Path.Combine(_folder.FullName, "profile.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void WhatIsSavedIsLoadedAgain()
    {
        var profile = Example();
        profile.Save(File);
        var loaded = TuningProfile.Load(File);

        Assert.Equal(profile.Entries, loaded.Entries);
        Assert.Equal(profile.Machine.Gpus, loaded.Machine.Gpus);
        Assert.Equal(profile with { Entries = loaded.Entries, Machine = loaded.Machine }, loaded);
        Assert.Equal(profile.Machine with { Gpus = loaded.Machine.Gpus }, loaded.Machine);
        Assert.Equal([File], Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void FindGivesWhatWasMeasuredForTheSizeFastestFirst()
    {
        var profile = Example();
        Assert.Equal([20.0, 30.0], profile.Find(DeviceKind.Managed, DataType.Float16, 4, 65_537).Select(entry => entry.MedianMicroseconds));
        Assert.Equal([10.0], profile.Find(DeviceKind.Managed, DataType.Float16, 4, 65_536).Select(entry => entry.MedianMicroseconds));
        Assert.Empty(profile.Find(DeviceKind.Managed, DataType.Float16, 2, 65_536));
        Assert.Empty(profile.Find(DeviceKind.Managed, DataType.BFloat16, 4, 65_536));
        Assert.Empty(profile.Find(DeviceKind.Host, DataType.Float16, 4, 65_536));
        Assert.Equal([20.0, 30.0], profile.Find(DeviceKind.Managed, DataType.Float16, 4, long.MaxValue).Select(entry => entry.MedianMicroseconds));
    }

    [Theory]
    [InlineData(null, TuningProfileProblem.NotReadable, "cannot be read")]
    [InlineData("", TuningProfileProblem.NotAProfile, "is not JSON")]
    [InlineData("{ \"version\": 1", TuningProfileProblem.NotAProfile, "is not JSON")]
    [InlineData("[1]", TuningProfileProblem.NotAProfile, "has no version")]
    [InlineData("{ \"results\": [] }", TuningProfileProblem.NotAProfile, "has no version")]
    [InlineData("{ \"version\": 7 }", TuningProfileProblem.OtherVersion, "of version 7, and this QuickReduce reads version 1")]
    [InlineData("{ \"version\": 1.5 }", TuningProfileProblem.OtherVersion, "of version 1.5")]
    [InlineData("{ \"version\": 1 }", TuningProfileProblem.Invalid, "does not fit")]
    public void FilesThatAreNoProfilesAreRefused(string? content, TuningProfileProblem problem, string message)
    {
        if (content is not null)
        {
            System.IO.File.WriteAllText(File, content);
        }

        var refused = Assert.Throws<TuningProfileException>(() => TuningProfile.Load(File));
        Assert.Equal(problem, refused.Problem);
        Assert.Equal(File, refused.Path);
        Assert.Contains(File, refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains("quickreduce tune", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("device", "auto", "'auto' is no device")]
    [InlineData("dtype", "float61", "The nearest is float16.")]
    [InlineData("regime", "int44", "The nearest is int4.")]
    [InlineData("algorithm", "one-shot", "The nearest is one_shot.")]
    [InlineData("worldSize", 9, "World size 9 is not possible")]
    [InlineData("groupSize", 33, "Group size 33 is not possible")]
    [InlineData("blockSize", 100, "Block size 100 is not possible")]
    [InlineData("atomsPerThread", 1, "needs at least 4 atoms per thread")]
    [InlineData("minBytes", -1, "are no range")]
    [InlineData("medianMicroseconds", 0, "cannot have been measured")]
    [InlineData("medianMicroseconds", "NaN", "cannot have been measured")]
    [InlineData("snrDb", "NaN", "says nothing")]
    [InlineData("color", "red", "does not fit")]
    [InlineData("maxBytes", "many", "does not fit")]
    public void ImpossibleValuesAreRefusedByName(string name, object value, string message)
    {
        Rewrite(root => root["entries"]![1]![name] = JsonValue.Create(value));
        var refused = Assert.Throws<TuningProfileException>(() => TuningProfile.Load(File));
        Assert.Equal(TuningProfileProblem.Invalid, refused.Problem);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("entries")]
    [InlineData("gpus")]
    public void NullsInListsAreRefused(string list)
    {
        Rewrite(root => (list == "gpus" ? root["machine"]! : root)[list]!.AsArray().Add(null));
        Assert.Equal(TuningProfileProblem.Invalid, Assert.Throws<TuningProfileException>(() => TuningProfile.Load(File)).Problem);
    }

    [Fact]
    public void EntriesThatCouldNotBeReadAgainAreNotSaved()
    {
        var impossible = Example().Entries[0] with { MedianMicroseconds = double.NaN };
        Assert.Throws<ArgumentException>(() => (Example() with { Entries = [impossible] }).Save(File));
        Assert.Empty(Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void ThisMachineServesItself()
    {
        var here = MachineFingerprint.Current();
        (Example() with { Machine = here }).Save(File);
        Assert.NotEmpty(TuningProfile.Load(File, MachineFingerprint.Current(), DeviceKind.Auto).Entries);
    }

    [Fact]
    public void AnotherMachineIsRefusedAndBothAreNamed()
    {
        Example().Save(File);
        var other = Machine() with { Processor = "Another Processor", LogicalCores = 7 };
        var refused = Assert.Throws<TuningProfileException>(() => TuningProfile.Load(File, other, DeviceKind.Managed));
        Assert.Equal(TuningProfileProblem.OtherMachine, refused.Problem);
        Assert.Contains("Test Processor, 4 logical cores", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Another Processor, 7 logical cores", refused.Message, StringComparison.Ordinal);

        // What runs on a GPU doesn't depend on the processor beside it, and the other way round.
        Example().RequireMachine(other with { Gpus = [H100] }, DeviceKind.Cuda);
        Example().RequireMachine(Machine() with { Gpus = [] }, DeviceKind.Host);
    }

    [Fact]
    public void GroupsOnGpusNeedModelsThatWereMeasured()
    {
        var profile = Example();
        profile.RequireMachine(Machine() with { Gpus = [H100] }, DeviceKind.Cuda);
        foreach (var gpus in new GpuFingerprint[][] { [], [MI300X], [H100 with { Name = "NVIDIA H200" }], [H100, H100 with { Name = "NVIDIA H200" }] })
        {
            var refused = Assert.Throws<TuningProfileException>(() => profile.RequireMachine(Machine() with { Gpus = gpus }, DeviceKind.Cuda));
            Assert.Contains(H100.Name, refused.Message, StringComparison.Ordinal);
        }
    }

    private static MachineFingerprint Machine() => new()
    {
        OperatingSystem = "Linux",
        Architecture = "X64",
        Processor = "Test Processor",
        LogicalCores = 4,
        Gpus = [H100, H100],
    };

    private static TuningProfile Example() => new()
    {
        Machine = Machine(),
        Driver = "CUDA 13.0",
        LibraryVersion = "0.1.0",
        Commit = "0123abc",
        Created = new DateTimeOffset(2026, 11, 25, 2, 0, 0, TimeSpan.Zero),
        MinSnrDb = 18,
        Entries =
        [
            Entry(QuantRegime.FP, AllReduceAlgorithm.OneShot, 0, 65_536, 10, snr: double.PositiveInfinity),
            Entry(QuantRegime.Int4, AllReduceAlgorithm.TwoShot, 65_537, long.MaxValue, 30, snr: 18.3),
            Entry(QuantRegime.FP, AllReduceAlgorithm.TwoShot, 65_537, long.MaxValue, 20, snr: null),
        ],
    };

    private static TuningEntry Entry(QuantRegime regime, AllReduceAlgorithm algorithm, long minBytes, long maxBytes, double time, double? snr) => new()
    {
        Device = DeviceKind.Managed,
        Variant = new KernelVariant(DataType.Float16, regime, 4, algorithm) { BlockSize = 512 },
        MinBytes = minBytes,
        MaxBytes = maxBytes,
        MedianMicroseconds = time,
        SnrDb = snr,
    };

    private void Rewrite(Action<JsonNode> change)
    {
        Example().Save(File);
        var root = JsonNode.Parse(System.IO.File.ReadAllText(File))!;
        change(root);
        System.IO.File.WriteAllText(File, root.ToJsonString());
    }
}
