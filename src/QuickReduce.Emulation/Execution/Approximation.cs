using QuickReduce.Emulation.Instructions;

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

    /// <summary>The function's value, rounded and then moved by at most one unit in the last place.</summary>
    public static uint Approximate(uint bits, Func<double, double> exact, ulong seed)
    {
        if (FloatMath.IsNan(bits))
        {
            return bits | QuietBit;
        }

        var value = (float)exact(FloatMath.F(bits));
        var rounded = FloatMath.Bits(value);
        var magnitude = rounded & ~SignBit;
        if (float.IsNaN(value))
        {
            return Infinity | QuietBit;
        }

        if (magnitude is 0 or Infinity)
        {
            return rounded;
        }

        var error = (int)(Scheduling.SeededRandom.Mix(seed ^ bits) % 3) - 1;
        return Flush(rounded & SignBit | (uint)Math.Clamp((int)magnitude + error, 0, (int)Infinity - 1));
    }

    private static uint Flush(uint bits) => (bits & ~SignBit) < SmallestNormal ? bits & SignBit : bits;
}
