using System.Text.Json.Serialization;
using QuickReduce.Cli.Bench;
using QuickReduce.Cli.Bench.Compare;
using QuickReduce.Cli.Cache;
using QuickReduce.Cli.Doctor;
using QuickReduce.Cli.Emit;
using QuickReduce.Cli.Emulate;
using QuickReduce.Cli.List;

namespace QuickReduce.Cli.CommandLine;

/// <summary>The documents that <c>--json</c> writes.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(MachineReport))]
[JsonSerializable(typeof(AssemblyReport))]
[JsonSerializable(typeof(EmitReport))]
[JsonSerializable(typeof(CacheReport))]
[JsonSerializable(typeof(CacheClearReport))]
[JsonSerializable(typeof(CachePathReport))]
[JsonSerializable(typeof(BenchRecord[]))]
[JsonSerializable(typeof(Comparison))]
[JsonSerializable(typeof(EmulationReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
