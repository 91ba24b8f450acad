namespace QuickReduce.Build;

/// <summary>What a code object's metadata says of one kernel; null where it does not say.</summary>
internal sealed record KernelMetadata(
    string Name,
    int VectorRegisters,
    int? AccumulatorRegisters,
    int ScalarRegisters,
    int? VectorSpills,
    int? ScalarSpills,
    int ScratchBytes,
    int LdsBytes,
    int MaxThreadsPerBlock,
    int WaveSize);

/// <summary>
/// The metadata note of an AMD code object, version 3 and later (LLVM's "User Guide for AMDGPU Backend", section "Code Object V3
/// Metadata").
/// </summary>
internal sealed class CodeObjectMetadata
{
    private const string NoteOwner = "AMDGPU";
    private const uint NoteType = 32;
    private const string TripleBeforeTarget = "amdgcn-amd-amdhsa--";

    private CodeObjectMetadata(string? target, IReadOnlyList<KernelMetadata> kernels)
    {
        Target = target;
        Kernels = kernels;
    }

    /// <summary>The architecture with its features, as <c>gfx942:sramecc+</c>; null before version 4.</summary>
    public string? Target { get; }

    public IReadOnlyList<KernelMetadata> Kernels { get; }

    /// <exception cref="UnreadableCodeObjectException">There is none, or it is damaged.</exception>
    public static CodeObjectMetadata Read(ElfFile file)
    {
        byte[] note = file.Note(NoteOwner, NoteType)
            ?? throw new UnreadableCodeObjectException("has no AMDGPU metadata: it is older than code object version 3, or was stripped");
        if (MessagePackReader.Read(note) is not Dictionary<string, object?> root
            || !root.TryGetValue("amdhsa.kernels", out object? list) || list is not List<object?> kernels)
        {
            throw new UnreadableCodeObjectException("has metadata without a list of kernels");
        }

        string? target = root.TryGetValue("amdhsa.target", out object? value) ? value as string : null;
        return new CodeObjectMetadata(
            target?.StartsWith(TripleBeforeTarget, StringComparison.Ordinal) == true ? target.Substring(TripleBeforeTarget.Length) : target,
            [.. kernels.Select(kernel => Read(kernel as Dictionary<string, object?> ?? throw Incomplete("an entry")))]);
    }

    private static KernelMetadata Read(Dictionary<string, object?> kernel)
    {
        int? Optional(string key) => kernel.TryGetValue(key, out object? value) && value is long number ? checked((int)number) : null;
        int Required(string key) => Optional(key) ?? throw Incomplete(key);
        return new KernelMetadata(
            kernel.TryGetValue(".name", out object? name) && name is string text ? text : throw Incomplete(".name"),
            Required(".vgpr_count"),
            Optional(".agpr_count"),
            Required(".sgpr_count"),
            Optional(".vgpr_spill_count"),
            Optional(".sgpr_spill_count"),
            Required(".private_segment_fixed_size"),
            Required(".group_segment_fixed_size"),
            Required(".max_flat_workgroup_size"),
            Required(".wavefront_size"));
    }

    private static UnreadableCodeObjectException Incomplete(string what) => new($"has metadata in which a kernel lacks {what}");
}
