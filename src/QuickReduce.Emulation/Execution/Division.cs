using QuickReduce.Emulation.Instructions;
using static QuickReduce.Emulation.Execution.FloatMath;

namespace QuickReduce.Emulation.Execution;

/// <summary>The three instructions around a division in fp32 that keep it clear of overflow and subnormals.</summary>
internal static unsafe class Division
{
    private const int Bias = 127;
    private const int ScaleExponent = 64;

    /// <summary>Scales one of numerator and denominator where needed, and says in a mask that the quotient has to be scaled back.</summary>
    public static void Scale(Wave wave, Instruction instruction)
    {
        var value = wave.Read(instruction, in instruction.Source0, OperandType.Float32);
        var denominator = wave.Read(instruction, in instruction.Source1, OperandType.Float32);
        var numerator = wave.Read(instruction, in instruction.Source2, OperandType.Float32);
        var result = wave.Scratch();
        var mask = 0ul;
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            (result[lane], var scaled) = Scale(value[lane], denominator[lane], numerator[lane]);
            mask |= scaled ? 1ul << lane : 0;
        }

        wave.Write(instruction, result);
        wave.SetLaneMask(instruction.MaskDestination, mask & wave.WriteMask);
    }

    /// <summary>A fused multiply-add, scaled back in the lanes of VCC.</summary>
    public static void FusedMultiplyAddScaled(Wave wave, Instruction instruction)
    {
        var a = wave.Read(instruction, in instruction.Source0, OperandType.Float32);
        var b = wave.Read(instruction, in instruction.Source1, OperandType.Float32);
        var c = wave.Read(instruction, in instruction.Source2, OperandType.Float32);
        var mask = wave.ScalarPair(Wave.Vcc, out var defined);
        wave.Defined &= defined;
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            // Rounded once, after it is scaled.
            var scale = (mask >> lane & 1) == 0 ? 0 : Exponent(c[lane]) > Bias ? ScaleExponent : -ScaleExponent;
            var sum = Math.ScaleB(MultiplyAddToOdd(F(a[lane]), F(b[lane]), F(c[lane])), scale);
            result[lane] = Nan(Bits((float)sum), a[lane], b[lane]);
        }

        wave.Write(instruction, result);
    }

    /// <summary>The quotient, or what it is where one of its operands is special.</summary>
    public static uint Fixup(uint quotient, uint denominator, uint numerator)
    {
        const uint SignBit = 0x80000000, Infinity = 0x7f800000, Quiet = 0x00400000;
        var sign = (denominator ^ numerator) & SignBit;
        var (bottom, top) = (denominator & ~SignBit, numerator & ~SignBit);
        if (IsNan(numerator))
        {
            return numerator | Quiet;
        }

        if (IsNan(denominator))
        {
            return denominator | Quiet;
        }

        if ((bottom == 0 && top == 0) || (bottom == Infinity && top == Infinity))
        {
            return 0xffc00000;
        }

        if (bottom == 0 || top == Infinity)
        {
            return sign | Infinity;
        }

        if (bottom == Infinity || top == 0)
        {
            return sign;
        }

        if (Exponent(numerator) - Exponent(denominator) < -150)
        {
            return sign; // underflow
        }

        // A quotient that overflowed on the way has become a NaN by now.
        return IsNan(quotient) ? sign | Infinity : sign | (quotient & ~SignBit);
    }

    private static (uint Value, bool IsScaled) Scale(uint value, uint denominator, uint numerator)
    {
        const int FarApart = 96, SmallNumerator = 23;
        var up = Bits(MathF.ScaleB(F(value), ScaleExponent));
        if (F(denominator) == 0 || F(numerator) == 0)
        {
            return (0x7fc00000, false);
        }

        if (Exponent(numerator) - Exponent(denominator) >= FarApart)
        {
            return (value == denominator ? up : value, true);
        }

        if (float.IsSubnormal(F(denominator)))
        {
            return (up, false);
        }

        var reciprocalIsTiny = float.IsSubnormal(1 / F(denominator));
        var quotientIsTiny = float.IsSubnormal(F(numerator) / F(denominator));
        var down = Bits(MathF.ScaleB(F(value), -ScaleExponent));
        if (reciprocalIsTiny && quotientIsTiny)
        {
            return (value == denominator ? down : value, true);
        }

        if (reciprocalIsTiny)
        {
            return (down, false);
        }

        if (quotientIsTiny)
        {
            return (value == numerator ? up : value, true);
        }

        return (Exponent(numerator) <= SmallNumerator ? up : value, false);
    }

    private static int Exponent(uint bits) => (int)(bits >> 23 & 0xff);
}
