namespace QuickReduce.Build;

/// <summary>What is known of one kernel in a compiled file; null where the file does not say.</summary>
/// <param name="Name">Name of the entry point.</param>
/// <param name="CodeBytes">Size of its code.</param>
/// <param name="ThreadsPerBlock">Threads that it is launched with, as its source or its metadata bounds them.</param>
/// <param name="VectorRegisters">32-bit vector registers per lane, both kinds together where they share a file.</param>
/// <param name="AccumulatorRegisters">Those of them that only matrix operations and moves can use.</param>
/// <param name="ScalarRegisters">Scalar registers per wave.</param>
/// <param name="VectorSpills">Vector registers that the compiler keeps elsewhere for want of room.</param>
/// <param name="ScalarSpills">The same of scalar registers.</param>
/// <param name="ScratchBytes">Private memory per lane.</param>
/// <param name="LdsBytes">Memory shared by a block.</param>
/// <param name="Occupancy">Waves per SIMD.</param>
/// <param name="Instructions">Its instructions, counted as they stand.</param>
internal sealed record KernelReport(
    string Name,
    long? CodeBytes,
    int? ThreadsPerBlock,
    int? VectorRegisters,
    int? AccumulatorRegisters,
    int? ScalarRegisters,
    int? VectorSpills,
    int? ScalarSpills,
    int? ScratchBytes,
    int? LdsBytes,
    Occupancy? Occupancy,
    InstructionCounts? Instructions);

/// <summary>
/// What is known of a compiled file. Holds nothing of the machine or the moment, so that two machines that compile the same
/// write the same report.
/// </summary>
/// <param name="Unit">Name of the translation unit.</param>
/// <param name="Target">Architecture.</param>
/// <param name="Kind">Kind of architecture.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Sha256">Hash of the file.</param>
/// <param name="Notes">What is missing from the report, and why.</param>
/// <param name="Kernels">Its kernels, in the file's order.</param>
internal sealed record CodeReport(
    string Unit,
    string Target,
    TargetKind Kind,
    long Bytes,
    string Sha256,
    IReadOnlyList<string> Notes,
    IReadOnlyList<KernelReport> Kernels);
