using System.Globalization;

namespace QuickReduce.Build;

/// <summary>Sorts the instructions of gfx9 as llvm-objdump writes them, by mnemonic and modifiers.</summary>
internal static class AmdInstructions
{
    private static readonly string[] TranscendentalPrefixes = ["v_rcp_", "v_rsq_", "v_sqrt_", "v_log_", "v_exp_", "v_sin_", "v_cos_"];
    private static readonly string[] CrossLanePrefixes = ["ds_bpermute", "ds_permute", "ds_swizzle"];
    private static readonly string[] BranchPrefixes = ["s_branch", "s_cbranch", "s_setpc", "s_swappc", "s_call", "s_endpgm"];
    private static readonly string[] ScalarMemoryPrefixes = ["s_load", "s_buffer_load", "s_store", "s_buffer_store", "s_scratch_", "s_atomic", "s_memtime", "s_memrealtime"];
    private static readonly string[] OtherScalarPrefixes = ["s_nop", "s_sleep", "s_setprio", "s_sendmsg", "s_sethalt", "s_trap", "s_icache", "s_ttrace", "s_incperf", "s_decperf"];
    private static readonly string[] DppModifiers = ["quad_perm:", "row_", "wave_"];

    /// <summary>Sorts one instruction.</summary>
    /// <param name="text">Mnemonic and operands, without comment.</param>
    public static Instruction Parse(string text)
    {
        int end = text.IndexOf(' ');
        string mnemonic = end < 0 ? text : text.Substring(0, end);
        if (mnemonic.StartsWith("v_", StringComparison.Ordinal))
        {
            return Vector(mnemonic, text);
        }

        if (mnemonic.StartsWith("s_", StringComparison.Ordinal))
        {
            return new Instruction(Scalar(mnemonic));
        }

        if (mnemonic.StartsWith("ds_", StringComparison.Ordinal))
        {
            return new Instruction(InstructionClass.Lds, StartsWithAny(mnemonic, CrossLanePrefixes) ? InstructionTraits.CrossLane : InstructionTraits.None);
        }

        return Memory(mnemonic);
    }

    private static Instruction Vector(string mnemonic, string text)
    {
        if (StartsWithAny(mnemonic, "v_mfma", "v_smfma"))
        {
            return new Instruction(InstructionClass.Matrix);
        }

        InstructionTraits traits = InstructionTraits.None;
        traits |= mnemonic.StartsWith("v_pk_", StringComparison.Ordinal) ? InstructionTraits.Packed : InstructionTraits.None;
        traits |= mnemonic.Contains("_dpp") || DppModifiers.Any(text.Contains) ? InstructionTraits.Dpp : InstructionTraits.None;
        traits |= StartsWithAny(mnemonic, TranscendentalPrefixes) ? InstructionTraits.Transcendental : InstructionTraits.None;
        return new Instruction(InstructionClass.VectorAlu, traits);
    }

    private static InstructionClass Scalar(string mnemonic) =>
        mnemonic.StartsWith("s_waitcnt", StringComparison.Ordinal) ? InstructionClass.Wait
        : mnemonic == "s_barrier" ? InstructionClass.Barrier
        : mnemonic.StartsWith("s_dcache", StringComparison.Ordinal) ? InstructionClass.CacheControl
        : StartsWithAny(mnemonic, BranchPrefixes) ? InstructionClass.Branch
        : StartsWithAny(mnemonic, ScalarMemoryPrefixes) ? InstructionClass.ScalarMemory
        : StartsWithAny(mnemonic, OtherScalarPrefixes) ? InstructionClass.Other
        : InstructionClass.ScalarAlu;

    private static Instruction Memory(string mnemonic)
    {
        InstructionTraits traits = mnemonic.Split('_')[0] switch
        {
            "flat" => InstructionTraits.Flat,
            "scratch" => InstructionTraits.Scratch,
            _ => InstructionTraits.None,
        };
        if (StartsWithAny(mnemonic, "buffer_wb", "buffer_inv", "buffer_gl"))
        {
            return new Instruction(InstructionClass.CacheControl);
        }

        return !StartsWithAny(mnemonic, "global_", "buffer_", "flat_", "scratch_") ? new Instruction(InstructionClass.Other)
            : mnemonic.Contains("_load") ? new Instruction(InstructionClass.VectorLoad, traits, BytesOf(mnemonic))
            : mnemonic.Contains("_store") ? new Instruction(InstructionClass.VectorStore, traits, BytesOf(mnemonic))
            : new Instruction(InstructionClass.VectorAtomic, traits);
    }

    /// <summary><c>global_load_dwordx4</c> is 16 bytes, <c>global_store_short_d16_hi</c> two.</summary>
    private static int BytesOf(string mnemonic)
    {
        const int BytesPerWord = 4;
        int at = mnemonic.IndexOf("_dwordx", StringComparison.Ordinal);
        if (at >= 0)
        {
            return BytesPerWord * int.Parse(mnemonic.Substring(at + "_dwordx".Length, 1), CultureInfo.InvariantCulture);
        }

        return mnemonic.Contains("byte") ? 1
            : mnemonic.Contains("short") ? 2
            : mnemonic.Contains("_dword") ? BytesPerWord
            : 0;
    }

    private static bool StartsWithAny(string text, params string[] prefixes) =>
        prefixes.Any(prefix => text.StartsWith(prefix, StringComparison.Ordinal));
}
