namespace QuickReduce.Build.Tests.Reports;

/// <summary>Instructions are sorted as the instruction set's guide has them; every one of exactly one kind.</summary>
public sealed class InstructionTests
{
    [Theory]
    [InlineData("v_pk_fma_f32 v[2:3], v[4:5], v[6:7], v[8:9]", "VectorAlu", "Packed", 0)]
    [InlineData("v_max_u32_dpp v13, v13, v13 quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf bound_ctrl:1", "VectorAlu", "Dpp", 0)]
    [InlineData("v_mov_b32_dpp v1, v2 row_half_mirror row_mask:0xf bank_mask:0xf", "VectorAlu", "Dpp", 0)]
    [InlineData("v_rcp_f32_e32 v1, v2", "VectorAlu", "Transcendental", 0)]
    [InlineData("v_mfma_f32_32x32x8_f16 a[0:15], v[0:1], v[2:3], a[0:15]", "Matrix", "None", 0)]
    [InlineData("s_add_u32 s16, s12, s4", "ScalarAlu", "None", 0)]
    [InlineData("s_load_dwordx8 s[8:15], s[0:1], 0x0", "ScalarMemory", "None", 0)]
    [InlineData("s_waitcnt vmcnt(0) lgkmcnt(0)", "Wait", "None", 0)]
    [InlineData("s_barrier", "Barrier", "None", 0)]
    [InlineData("s_cbranch_scc1 65519", "Branch", "None", 0)]
    [InlineData("s_endpgm", "Branch", "None", 0)]
    [InlineData("s_sleep 1", "Other", "None", 0)]
    [InlineData("global_load_dwordx4 v[2:5], v0, s[2:3] nt", "VectorLoad", "None", 16)]
    [InlineData("global_store_short_d16_hi v0, v1, s[2:3]", "VectorStore", "None", 2)]
    [InlineData("global_load_ubyte v0, v1, s[2:3]", "VectorLoad", "None", 1)]
    [InlineData("flat_store_dword v[0:1], v2 sc0 sc1", "VectorStore", "Flat", 4)]
    [InlineData("buffer_load_dwordx3 v[0:2], v3, s[0:3], 0 offen", "VectorLoad", "None", 12)]
    [InlineData("scratch_store_dwordx2 off, v[0:1], s32", "VectorStore", "Scratch", 8)]
    [InlineData("global_atomic_add v0, v1, s[2:3]", "VectorAtomic", "None", 0)]
    [InlineData("buffer_wbl2 sc0 sc1", "CacheControl", "None", 0)]
    [InlineData("buffer_inv sc0 sc1", "CacheControl", "None", 0)]
    [InlineData("ds_bpermute_b32 v0, v1, v2", "Lds", "CrossLane", 0)]
    [InlineData("ds_write_b128 v0, v[1:4]", "Lds", "None", 0)]
    public void Instructions_of_gfx9(string text, string kind, string traits, int bytes) => Assert.Equal(
        new Instruction(Enum.Parse<InstructionClass>(kind), Enum.Parse<InstructionTraits>(traits), bytes), AmdInstructions.Parse(text));

    [Fact]
    public void Loads_and_stores_are_summed_and_scratch_is_not_among_them()
    {
        var counts = new InstructionCounts();
        foreach (string text in new[] { "global_load_dwordx4 v[0:3], v4, s[0:1]", "global_load_dword v0, v4, s[0:1]", "scratch_load_dword v0, off, s0", "global_store_short v4, v0, s[0:1]" })
        {
            counts.Add(AmdInstructions.Parse(text));
        }

        Assert.Equal((4, 3, 1, 20, 2), (
            counts.Total, counts[InstructionClass.VectorLoad], counts[InstructionTraits.Scratch], counts.BytesLoadedPerLane, counts.BytesStoredPerLane));
    }

    [Fact]
    public void What_fills_the_space_after_a_function_is_not_part_of_it()
    {
        var listing = Disassembly.Parse(
            "\nk.hsaco:\tfile format elf64-amdgpu\n\nDisassembly of section .text:\n\n0000000000001000 <first>:\n"
            + "\ts_nop 0                                      // 000000001000: BF800000 \n"
            + "\ts_cbranch_scc1 65535                         // 000000001004: BF85FFFF <first+0x4>\n"
            + "\ts_endpgm                                     // 000000001008: BF810000 \n"
            + "\ts_nop 0                                      // 00000000100C: BF800000 \n\t\t...\n\n"
            + "0000000000001100 <second>:\n\ts_endpgm // 000000001100: BF810000\n");
        Assert.Equal(
            ["s_nop 0", "s_cbranch_scc1 65535", "s_endpgm"],
            listing.Function(new ElfSymbol("first", 0x1000, 12, IsFunction: true, IsDefined: true))!.Select(instruction => instruction.Text));
        Assert.Null(listing.Function(new ElfSymbol("third", 0, 4, IsFunction: true, IsDefined: true)));
    }

    [Fact]
    public void PTX_is_counted_per_kernel()
    {
        PtxKernel kernel = Assert.Single(PtxListing.Kernels(
            """
            .version 8.0
            .target sm_90
            .visible .entry scale(
            	.param .u64 scale_param_0
            )
            .maxntid 128, 2
            {
            	.local .align 4 .b8 	__local_depot0[40];
            	.shared .align 4 .b8 	cache[512];
            	.reg .b32 	%r<4>;
            	ld.param.b64 	%rd1, [scale_param_0];
            	ld.global.v4.b32 	{%r0, %r1, %r2, %r3}, [%rd1];
            	shfl.sync.bfly.b32 	%r1|%p1, %r0, 1, 31, -1;
            	add.rn.f16x2 	%r2, %r1, %r0;
            	@%p1 bra 	$L__BB0_2;
            	bar.sync 	0;
            $L__BB0_2:
            	st.release.sys.global.u32 	[%rd1], %r2;
            	ret;
            }
            """));
        Assert.Equal(("scale", 256, 512, 40, 8), (kernel.Name, kernel.ThreadsPerBlock, kernel.SharedBytes, kernel.LocalBytes, kernel.Instructions.Total));
        InstructionCounts counts = kernel.Instructions;
        Assert.Equal((16, 4, 1, 1, 2, 1), (
            counts.BytesLoadedPerLane, counts.BytesStoredPerLane, counts[InstructionTraits.Packed], counts[InstructionTraits.CrossLane],
            counts[InstructionClass.Branch], counts[InstructionClass.Barrier]));
    }
}
