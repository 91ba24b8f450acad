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
/// <param name="Library">Its file name; the one that was looked for where there is none.</param>
/// <param name="Found">Whether the system's loader finds it.</param>
internal sealed record DriverReport(string Vendor, string Library, bool Found);
