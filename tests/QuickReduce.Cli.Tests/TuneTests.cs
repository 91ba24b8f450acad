using QuickReduce.Cli.Bench;
using QuickReduce.Cli.Tune;
using QuickReduce.Measurement;

namespace QuickReduce.Cli.Tests;

public sealed class TuneTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_profile_of_this_machine_is_written_and_the_floor_holds()
    {
        var path = _folder["profile.json"];
        Tool.Run("tune", "--device", "managed", "--world-size", "2", "--regime", "fp,int8,int4", "--size", "2K,64K", "--seconds", "0.001", "--min-snr", "20", "--output", path).Expect(0);
        var profile = TuningProfile.Load(path, MachineFingerprint.Current(), DeviceKind.Managed);
        Assert.Equal(20, profile.MinSnrDb);
        Assert.Equal(["profile.json"], _folder.Files);

        // INT4 has 18.3 dB in two-shot, which quantises twice, and 21.3 in one-shot.
        Assert.DoesNotContain(profile.Entries, static entry => entry.Variant is { Regime: QuantRegime.Int4, Algorithm: AllReduceAlgorithm.TwoShot });
        Assert.Contains(profile.Entries, static entry => entry.Variant is { Regime: QuantRegime.Int4, Algorithm: AllReduceAlgorithm.OneShot });
        foreach (var bytes in new[] { 0, 1, 2048, 11584, 11585, 11586, 65536, 1L << 40 })
        {
            var found = profile.Find(DeviceKind.Managed, DataType.Float16, 2, bytes);
            Assert.Contains(found, static entry => entry.Variant.Regime == QuantRegime.FP);
            Assert.Equal(found.Select(static entry => (entry.Variant.Regime, entry.Variant.Algorithm)).Distinct().Count(), found.Count);
        }
    }

    [Fact]
    public void Each_size_stands_for_what_is_nearest_and_the_fastest_geometry_counts()
    {
        var fp = new KernelVariant(DataType.Float16, QuantRegime.FP, 2);
        (BenchCase, CaseResult)[] results =
        [
            (new(fp, 1024), Result(10, 70)), (new(fp with { BlockSize = 512 }, 1024), Result(5, 70)), (new(fp, 4096), Result(20, 70)),
            (new(new(DataType.Float16, QuantRegime.Int4, 2), 4096), Result(1, 18)),
        ];
        var entries = ProfileBuilder.Entries(DeviceKind.Host, results, minSnrDb: null);
        Assert.Equal([(0L, 2048L, 512), (2049L, long.MaxValue, 256), (2049L, long.MaxValue, 256)], entries.Select(static entry => (entry.MinBytes, entry.MaxBytes, entry.Variant.BlockSize)));
        Assert.Equal([5.0, 1.0, 20.0], entries.Select(static entry => entry.MedianMicroseconds));
        Assert.DoesNotContain(ProfileBuilder.Entries(DeviceKind.Host, results, minSnrDb: 18.1), static entry => entry.Variant.Regime == QuantRegime.Int4);
    }

    [Fact]
    public void A_regime_whose_noise_is_no_number_is_below_any_floor()
    {
        var int4 = new KernelVariant(DataType.Float16, QuantRegime.Int4, 2);
        Assert.Empty(ProfileBuilder.Entries(DeviceKind.Host, [(new BenchCase(int4, 1024), new CaseResult(new Statistics(1, 1, 1), null, true))], minSnrDb: 1));
    }

    [RequiresProgramsFact("clang++-22")]
    public void Geometries_that_the_tool_does_not_carry_are_compiled_and_leave_nothing()
    {
        var before = Directory.GetDirectories(Path.GetTempPath(), "quickreduce-tune-*");
        Tool.Run("tune", "--device", "host", "--world-size", "2", "--regime", "int4", "--algorithm", "one-shot", "--size", "2K", "--seconds", "0.001", "--output", _folder["profile.json"]).Expect(0);
        Assert.NotEmpty(TuningProfile.Load(_folder["profile.json"], MachineFingerprint.Current(), DeviceKind.Host).Entries);
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "quickreduce-tune-*").Except(before));
    }

    private static CaseResult Result(double time, double snr) => new(new Statistics(time, time, time), snr, BitIdentical: true);
}
