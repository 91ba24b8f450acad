namespace QuickReduce.InstructionStreams;

/// <summary>What a kernel may use of the machine.</summary>
internal static class MachineRules
{
    private static readonly string[] AllowedMemory = ["global_load_", "global_store_", "s_load_", "buffer_wbl2", "buffer_inv"];
    private static readonly string[] Memory = ["global_", "flat_", "scratch_", "buffer_", "tbuffer_", "ds_", "s_load_", "s_store_", "s_buffer_", "s_scratch_", "image_"];
    private static readonly string[] ChangesOfMode = ["s_setreg", "s_round_mode", "s_denorm_mode", "s_set_gpr_idx"];

    /// <summary>docs/numerics.md: round to nearest even, subnormals kept, overflow to infinity, signalling NaNs made quiet.</summary>
    private static readonly (string Field, long Value)[] RequiredMode =
    [
        ("float_round_mode_32", 0), ("float_round_mode_16_64", 0), ("float_denorm_mode_32", 3), ("float_denorm_mode_16_64", 3),
        ("fp16_overflow", 0), ("ieee_mode", 1),
    ];

    /// <summary>Only loads and stores of global memory and of arguments: no scratch, no flat access, no exchange through LDS.</summary>
    public static StreamRule Instructions { get; } = new("memory is accessed by global instructions", static (kernel, _) =>
        from instruction in kernel.Instructions
        where StartsWithAny(instruction, Memory) && !StartsWithAny(instruction, AllowedMemory)
        select instruction.ToString());

    /// <summary>Rounding and subnormals as docs/numerics.md has them, from the first instruction to the last.</summary>
    public static StreamRule Mode { get; } = new("the floating-point mode is that of docs/numerics.md", static (kernel, _) =>
        RequiredMode
            .Where(required => kernel.Setting(required.Field) != required.Value)
            .Select(required => $"{required.Field} is {kernel.Setting(required.Field)}, not {required.Value}")
            .Concat(kernel.Instructions.Where(static i => StartsWithAny(i, ChangesOfMode) || i.Has("clamp")).Select(static i => i.ToString())));

    /// <summary>No memory of a thread's own.</summary>
    public static StreamRule NoScratch { get; } = new("no scratch", static (kernel, _) =>
        new[] { "private_segment_fixed_size", "enable_private_segment", "uses_dynamic_stack" }
            .Where(field => kernel.Setting(field) != 0)
            .Select(field => $"{field} is {kernel.Setting(field)}"));

    private static bool StartsWithAny(Instruction instruction, string[] prefixes) =>
        prefixes.Any(prefix => instruction.Mnemonic.StartsWith(prefix, StringComparison.Ordinal));
}
