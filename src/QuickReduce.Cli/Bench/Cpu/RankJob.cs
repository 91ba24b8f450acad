using System.Text.Json.Serialization;

namespace QuickReduce.Cli.Bench.Cpu;

/// <summary>What a rank's process is told, as one line of JSON.</summary>
/// <param name="JobId">Distinguishes this job from all others.</param>
/// <param name="Rank">The process's rank.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="Device">What runs the kernels.</param>
/// <param name="Seconds">How long one case is to be measured, about.</param>
/// <param name="MemoryBytes">Most memory for the buffers of all ranks.</param>
/// <param name="Cases">What to measure.</param>
internal sealed record RankJob(string JobId, int Rank, int WorldSize, DeviceKind Device, double Seconds, long MemoryBytes, IReadOnlyList<RankCase> Cases);

/// <summary>A case in a <see cref="RankJob"/>.</summary>
internal sealed record RankCase(DataType DataType, QuantRegime Regime, int GroupSize, ScaleFormat ScaleFormat, AllReduceAlgorithm Algorithm, long Bytes)
{
    public static RankCase Of(BenchCase item) => new(item.Variant.DataType, item.Variant.Regime, item.Variant.GroupSize, item.Variant.ScaleFormat, item.Variant.Algorithm, item.Bytes);

    public BenchCase ToCase(int worldSize) => new(new KernelVariant(DataType, new AllReduceMode(Regime, GroupSize, ScaleFormat), worldSize, Algorithm), Bytes);
}

/// <summary>What goes between the tool and its ranks' processes: a job in one direction, results in the other, a line each.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RankJob))]
[JsonSerializable(typeof(RankResult))]
internal sealed partial class RankJson : JsonSerializerContext;
