using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Execution;

/// <summary>A comparison of two values of a lane, as 64 bits each.</summary>
internal interface IComparison
{
    static abstract bool Of(ulong a, ulong b);
}

/// <summary>How comparisons go over the lanes of a wave and write a bit for each.</summary>
internal static class CompareForm
{
    /// <summary>A comparison that is frequent.</summary>
    public static Action<Wave, Instruction> Of<TComparison>(bool writesExec)
        where TComparison : IComparison => (wave, instruction) =>
        {
            var a = new VectorForms.WideSource(wave, instruction, in instruction.Source0, instruction.Operation.Source0);
            var b = new VectorForms.WideSource(wave, instruction, in instruction.Source1, instruction.Operation.Source1);
            var mask = 0ul;
            for (var lane = 0; lane < Wave.Lanes; lane++)
            {
                mask |= TComparison.Of(a[lane], b[lane]) ? 1ul << lane : 0;
            }

            Finish(wave, instruction, mask, writesExec);
        };

    /// <summary>Any comparison.</summary>
    public static Action<Wave, Instruction> Of(Func<ulong, ulong, bool> comparison, bool writesExec) => (wave, instruction) =>
    {
        var a = new VectorForms.WideSource(wave, instruction, in instruction.Source0, instruction.Operation.Source0);
        var b = new VectorForms.WideSource(wave, instruction, in instruction.Source1, instruction.Operation.Source1);
        var mask = 0ul;
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            mask |= comparison(a[lane], b[lane]) ? 1ul << lane : 0;
        }

        Finish(wave, instruction, mask, writesExec);
    };

    private static void Finish(Wave wave, Instruction instruction, ulong mask, bool writesExec)
    {
        wave.SetLaneMask(instruction.MaskDestination, mask & wave.WriteMask);
        if (writesExec)
        {
            wave.RequireDefined(wave.WriteMask, "the condition of v_cmpx");
            wave.Exec = mask & wave.WriteMask;
        }
    }
}
