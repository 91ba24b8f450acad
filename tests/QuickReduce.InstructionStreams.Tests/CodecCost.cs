using System.Reflection;

namespace QuickReduce.InstructionStreams.Tests;

/// <summary>
/// What a codec alone costs: small kernels from the generated text of a unit, up to where the algorithms begin, that encode,
/// decode, or decode and add 2 and 4 rows. Half the difference is one atom, without what is done once.
/// </summary>
/// <param name="Encode">Vector-ALU instructions per atom, from elements to the wire.</param>
/// <param name="Decode">The same from the wire to elements.</param>
/// <param name="Add">The same from the wire to sums in fp32.</param>
internal sealed record CodecCost(double Encode, double Decode, double Add)
{
    private const string BehindCodec = "// ---- arguments and workspace";

    private const string Kernels = """
        }  // namespace
        #if defined(GPU)
        struct Rows { const GLOBAL u8* from[4]; GLOBAL u8* to[4]; };  // rows have addresses of their own, as on the wire
        template <u32 COUNT> DEVICE void encode_rows(const Rows& rows) {
          FOR_EACH_LANE(lane) {
            Atom atoms[COUNT];
            UNROLL for (u32 i = 0; i < COUNT; ++i) atoms[i] = load_atom(rows.from[i], lane);
            UNROLL for (u32 i = 0; i < COUNT; ++i) store_row(rows.to[i], lane, encode_elements(atoms[i]));
          }
        }
        template <u32 COUNT> DEVICE void decode_rows(const Rows& rows) {
          FOR_EACH_LANE(lane) {
            Encoded encoded[COUNT];
            UNROLL for (u32 i = 0; i < COUNT; ++i) encoded[i] = load_row(rows.from[i], lane);
            UNROLL for (u32 i = 0; i < COUNT; ++i) store_atom(rows.to[i], lane, decode_elements(encoded[i]));
          }
        }
        template <u32 COUNT> DEVICE void add_rows(const Rows& rows) {
          FOR_EACH_LANE(lane) {
            Encoded encoded[COUNT];
            UNROLL for (u32 i = 0; i < COUNT; ++i) encoded[i] = load_row(rows.from[i], lane);
            Reals sums[4] = {};
            UNROLL for (u32 i = 0; i < COUNT; ++i) accumulate(sums, encoded[i]);
            UNROLL for (u32 i = 0; i < 4; ++i) *(GLOBAL Reals*)(rows.to[0] + 4 * sizeof(Reals) * lane + sizeof(Reals) * i) = sums[i];
          }
        }
        KERNEL(4) void encode2(Rows rows) { encode_rows<2>(rows); }
        KERNEL(4) void encode4(Rows rows) { encode_rows<4>(rows); }
        KERNEL(4) void decode2(Rows rows) { decode_rows<2>(rows); }
        KERNEL(4) void decode4(Rows rows) { decode_rows<4>(rows); }
        KERNEL(4) void add2(Rows rows) { add_rows<2>(rows); }
        KERNEL(4) void add4(Rows rows) { add_rows<4>(rows); }
        #endif
        """;

    /// <summary>Compiles and counts.</summary>
    public static CodecCost Of(string architecture, KernelUnit unit)
    {
        var text = typeof(CodecCost).Assembly.GetCustomAttributes<KernelSourceAttribute>().Single(source => source.UnitName == unit.Name).Text;
        var folder = Directory.CreateTempSubdirectory("quickreduce-codec-");
        try
        {
            var (source, output) = (Path.Combine(folder.FullName, "codec.hip"), Path.Combine(folder.FullName, "codec.hsaco"));
            File.WriteAllText(source, text[..text.IndexOf(BehindCodec, StringComparison.Ordinal)] + Kernels);
            CodeObjects.Run("clang++-22", "-x", "hip", "--offload-arch=" + architecture, "--cuda-device-only", "--no-gpu-bundle-output",
                "-nogpuinc", "-nogpulib", "-fuse-cuid=none", "-O3", "-std=c++17", "-ffp-contract=off", "-o", output, source);
            var kernels = KernelCode.Parse(CodeObjects.Disassemble(output)).ToDictionary(
                static kernel => kernel.Name, static kernel => kernel.Instructions.Count(static i => i.IsVectorAlu));
            double PerAtom(string name) => (kernels[name + 4] - kernels[name + 2]) / 2.0;
            return new CodecCost(PerAtom("encode"), PerAtom("decode"), PerAtom("add"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
