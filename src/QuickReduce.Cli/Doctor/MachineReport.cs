using QuickReduce.Cli.Cache;
using QuickReduce.Devices.Gpu.Hip;

namespace QuickReduce.Cli.Doctor;

/// <summary>What is found on a machine.</summary>
/// <param name="Tool">Version of this tool.</param>
/// <param name="System">Operating system and architecture.</param>
/// <param name="Runtime">The .NET run time that runs this tool.</param>
/// <param name="Sdks">Versions of the .NET SDKs; empty where there is none.</param>
/// <param name="Processor">The CPU.</param>
/// <param name="Compilers">A compiler for each architecture, or why there is none.</param>
/// <param name="Drivers">The GPU drivers' libraries.</param>
/// <param name="Gpus">Architectures of the GPUs that the build's <c>native</c> would stand for.</param>
/// <param name="Devices">The GPUs that groups can have, as their drivers describe them.</param>
/// <param name="DeviceExplanation">A line for each vendor: which GPUs, or why there are none.</param>
/// <param name="Amd">What the kernel knows of AMD's cards; <see langword="null"/> where this is no Linux.</param>
/// <param name="Rocm">ROCm installations, in the order in which a build tries them.</param>
/// <param name="HipRtc">The compiler of ROCm that works at run time.</param>
/// <param name="Cache">What it has compiled for this user.</param>
/// <param name="Notes">What is not needed on every machine, and would be of use.</param>
/// <param name="Remedies">What is missing and how to get it; empty where nothing is.</param>
internal sealed record MachineReport(
    string Tool,
    string System,
    string Runtime,
    IReadOnlyList<string> Sdks,
    ProcessorReport Processor,
    IReadOnlyList<CompilerReport> Compilers,
    IReadOnlyList<DriverReport> Drivers,
    IReadOnlyList<string> Gpus,
    IReadOnlyList<DeviceReport> Devices,
    IReadOnlyList<string> DeviceExplanation,
    AmdSystem? Amd,
    IReadOnlyList<RocmReport> Rocm,
    HipRtcReport HipRtc,
    CacheReport Cache,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Remedies);

/// <summary>The CPU, as the run time sees it.</summary>
/// <param name="Name">What it calls itself; its architecture where it doesn't say.</param>
/// <param name="LogicalCores">Threads that run at once.</param>
/// <param name="ManagedVectorBits">Width of the vectors of the managed backend; 32 where it goes element by element.</param>
/// <param name="HostLevels">Levels of the <c>host</c> kernels that it runs, best first; empty where it runs none.</param>
internal sealed record ProcessorReport(string Name, int LogicalCores, int ManagedVectorBits, IReadOnlyList<string> HostLevels);

/// <summary>The compiler that a build would take for an architecture.</summary>
/// <param name="Architecture">The architecture.</param>
/// <param name="Path">Where the compiler is; <see langword="null"/> where there is none.</param>
/// <param name="Compiler">Its name and version.</param>
/// <param name="Refusals">Compilers that were found and are of no use, with the reason.</param>
internal sealed record CompilerReport(string Architecture, string? Path, string? Compiler, IReadOnlyList<string> Refusals);

/// <summary>A library of a GPU driver.</summary>
/// <param name="Vendor">Whose GPUs it drives.</param>
/// <param name="Kind">What groups call them: <c>Cuda</c> or <c>Hip</c>.</param>
/// <param name="Library">Its file name; the one that was looked for where there is none.</param>
/// <param name="Found">Whether the system's loader finds it.</param>
/// <param name="Path">Its file; <see langword="null"/> where there is none.</param>
internal sealed record DriverReport(string Vendor, string Kind, string Library, bool Found, string? Path);

/// <summary>A GPU, as its driver describes it.</summary>
/// <param name="Kind">Whose it is: <c>Cuda</c> or <c>Hip</c>.</param>
/// <param name="Index">The driver's number for it.</param>
/// <param name="Name">Its name.</param>
/// <param name="TargetId">What its code is compiled for, for AMD with the features as they are set: <c>gfx942:sramecc+:xnack-</c>.</param>
/// <param name="MemoryBytes">Size of its memory.</param>
/// <param name="Multiprocessors">Multiprocessors, or compute units.</param>
internal sealed record DeviceReport(string Kind, int Index, string Name, string TargetId, long MemoryBytes, int Multiprocessors);

/// <summary>A ROCm installation.</summary>
/// <param name="Root">Its folder.</param>
/// <param name="Version">ROCm's version; <see langword="null"/> where it does not say.</param>
/// <param name="Hipcc">Its hipcc; <see langword="null"/> where only the run time is installed.</param>
/// <param name="Compiler">What hipcc says it is.</param>
internal sealed record RocmReport(string Root, string? Version, string? Hipcc, string? Compiler);

/// <summary>hipRTC.</summary>
/// <param name="Path">Its library; <see langword="null"/> where there is none.</param>
/// <param name="Version">What it calls its version, which is not ROCm's.</param>
/// <param name="Missing">Why there is none.</param>
internal sealed record HipRtcReport(string? Path, string? Version, string? Missing);
