using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Execution.FloatMath;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Comparisons (VOPC), which write a bit for every lane.</summary>
internal static class VectorCompareOperations
{
    private static readonly string[] IntegerConditions = ["f", "lt", "eq", "le", "gt", "ne", "ge", "t"];
    private static readonly string[] FloatConditions = ["f", "lt", "eq", "le", "gt", "lg", "ge", "o", "u", "nge", "nlg", "ngt", "nle", "neq", "nlt", "tru"];

    public static void AddTo(OperationTable table)
    {
        // v_cmpx_… stands sixteen above v_cmp_….
        AddIntegers(0xa0, "i16", Bits16, static (a, b) => ((short)a).CompareTo((short)b));
        AddIntegers(0xa8, "u16", Bits16, static (a, b) => ((ushort)a).CompareTo((ushort)b));
        AddIntegers(0xc0, "i32", Bits32, static (a, b) => ((int)a).CompareTo((int)b));
        AddIntegers(0xc8, "u32", Bits32, static (a, b) => ((uint)a).CompareTo((uint)b), isUnsigned32: true);
        AddIntegers(0xe0, "i64", Bits64, static (a, b) => ((long)a).CompareTo((long)b));
        AddIntegers(0xe8, "u64", Bits64, static (a, b) => a.CompareTo(b));
        AddFloats(0x20, "f16", Float16, static bits => (double)H((uint)bits));
        AddFloats(0x40, "f32", Float32, static bits => F((uint)bits));
        AddFloats(0x60, "f64", Float64, D);
        table.Add(Encoding.VopC, 0x10, Operation("v_cmp_class_f32", Float32, CompareForm.Of(static (a, b) => IsOfClass((uint)a, (uint)b), writesExec: false)) with { Source1 = Bits32 });

        void AddIntegers(int first, string type, OperandType operand, Func<ulong, ulong, int> order, bool isUnsigned32 = false)
        {
            for (var condition = 1; condition < 7; condition++)
            {
                var wanted = condition;
                Func<ulong, ulong, bool> holds = (a, b) => (order(a, b) switch { < 0 => 1, 0 => 2, _ => 4 } & wanted) != 0;
                var suffix = IntegerConditions[condition] + "_" + type;
                var plain = isUnsigned32 ? Unsigned(condition) : CompareForm.Of(holds, writesExec: false);
                table.Add(Encoding.VopC, first + condition, Operation("v_cmp_" + suffix, operand, plain));
                table.Add(Encoding.VopC, first + condition + 16, Operation("v_cmpx_" + suffix, operand, CompareForm.Of(holds, writesExec: true)));
            }
        }

        void AddFloats(int first, string type, OperandType operand, Func<ulong, double> value)
        {
            for (var condition = 1; condition < 15; condition++)
            {
                // A condition's number says what it holds for: 1 less, 2 equal, 4 greater, 8 unordered.
                var wanted = condition;
                Func<ulong, ulong, bool> holds = (a, b) => (Relation(value(a), value(b)) & wanted) != 0;
                var suffix = FloatConditions[condition] + "_" + type;
                table.Add(Encoding.VopC, first + condition, Operation("v_cmp_" + suffix, operand, CompareForm.Of(holds, writesExec: false)));
                table.Add(Encoding.VopC, first + condition + 16, Operation("v_cmpx_" + suffix, operand, CompareForm.Of(holds, writesExec: true)));
            }
        }

        static Operation Operation(string name, OperandType operand, Action<Wave, Instruction> execute) =>
            new(name, None, operand, operand, None, execute) { WritesMask = true };
    }

    private static Action<Wave, Instruction> Unsigned(int condition) => condition switch
    {
        1 => CompareForm.Of<Less>(writesExec: false),
        2 => CompareForm.Of<Equal>(writesExec: false),
        3 => CompareForm.Of<LessOrEqual>(writesExec: false),
        4 => CompareForm.Of<Greater>(writesExec: false),
        5 => CompareForm.Of<NotEqual>(writesExec: false),
        _ => CompareForm.Of<GreaterOrEqual>(writesExec: false),
    };

    private static int Relation(double a, double b) => a < b ? 1 : a == b ? 2 : a > b ? 4 : 8;

    /// <summary>Whether a number is of one of the classes that a mask names (IEEE 754, with both signs apart).</summary>
    private static bool IsOfClass(uint bits, uint classes)
    {
        const uint QuietBit = 0x00400000;
        var value = F(bits);
        var isNegative = (int)bits < 0;
        var number = value switch
        {
            _ when float.IsNaN(value) => (bits & QuietBit) == 0 ? 0 : 1,
            _ when float.IsInfinity(value) => isNegative ? 2 : 9,
            0 => isNegative ? 5 : 6,
            _ when float.IsSubnormal(value) => isNegative ? 4 : 7,
            _ => isNegative ? 3 : 8,
        };
        return (classes >> number & 1) != 0;
    }

    private struct Less : IComparison { public static bool Of(ulong a, ulong b) => a < b; }

    private struct Equal : IComparison { public static bool Of(ulong a, ulong b) => a == b; }

    private struct LessOrEqual : IComparison { public static bool Of(ulong a, ulong b) => a <= b; }

    private struct Greater : IComparison { public static bool Of(ulong a, ulong b) => a > b; }

    private struct NotEqual : IComparison { public static bool Of(ulong a, ulong b) => a != b; }

    private struct GreaterOrEqual : IComparison { public static bool Of(ulong a, ulong b) => a >= b; }
}
