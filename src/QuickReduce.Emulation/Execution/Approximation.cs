using QuickReduce.Emulation.Instructions;
using QuickReduce.Emulation.Scheduling;

namespace QuickReduce.Emulation.Execution;

/// <summary>
/// Instructions whose result the hardware only approximates (reciprocal, roots, exponential): within one unit in the last
/// place, subnormals flushed. The error is drawn anew for every seed, so that code which depends on a particular
/// approximation gives different results with different seeds.
/// </summary>
internal static unsafe class Approximation
{
    private const uint SignBit = 0x80000000, SmallestNormal = 0x00800000, Infinity = 0x7f800000, QuietBit = 0x00400000;

    /// <summary>An operation that approximates a function.</summary>
    /// <param name="exact">The function, in higher precision.</param>
    public static Action<Wave, Instruction> Of(Func<double, double> exact) => (wave, instruction) =>
    {
        var a = wave.Read(instruction, in instruction.Source0, OperandType.Float32);
        var result = wave.Scratch();
        var seed = wave.Workgroup.Dispatch.Machine.ApproximationSeed;
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            result[lane] = Approximate(Flush(a[lane]), exact, seed);
        }

        wave.Write(instruction, result);
    };

    /// <summary>The function's value, rounded up or down as the seed decides: exact where it can be.</summary>
    public static uint Approximate(uint bits, Func<double, double> exact, ulong seed)
    {
        if (FloatMath.IsNan(bits))
        {
            return bits | QuietBit;
        }

        var value = exact(FloatMath.F(bits));
        if (double.IsNaN(value))
        {
            return Infinity | QuietBit;
        }

        var nearest = (float)value;
        if (nearest == value || !float.IsFinite(nearest))
        {
            return Flush(FloatMath.Bits(nearest));
        }

        // One of the two numbers around the value.
        var other = nearest < value ? MathF.BitIncrement(nearest) : MathF.BitDecrement(nearest);
        return Flush(FloatMath.Bits((SeededRandom.Mix(seed ^ bits) & 1) == 0 ? nearest : other));
    }

    private static uint Flush(uint bits) => (bits & ~SignBit) < SmallestNormal ? bits & SignBit : bits;
}
