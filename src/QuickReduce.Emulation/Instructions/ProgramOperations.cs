using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Branches, waits, barriers and the end (SOPP), and the program counter.</summary>
internal static class ProgramOperations
{
    public static void AddTo(OperationTable table)
    {
        Add(0x00, "s_nop", static (_, _) => { });
        Add(0x01, "s_endpgm", static (wave, _) => wave.State = WaveState.Ended);
        Add(0x02, "s_branch", Jump);
        Branch(0x04, "s_cbranch_scc0", static wave => !wave.Scc);
        Branch(0x05, "s_cbranch_scc1", static wave => wave.Scc);
        Branch(0x06, "s_cbranch_vccz", static wave => Vcc(wave) == 0);
        Branch(0x07, "s_cbranch_vccnz", static wave => Vcc(wave) != 0);
        Branch(0x08, "s_cbranch_execz", static wave => wave.Exec == 0);
        Branch(0x09, "s_cbranch_execnz", static wave => wave.Exec != 0);
        Add(0x0a, "s_barrier", static (wave, _) => wave.State = WaveState.AtBarrier);
        Add(0x0c, "s_waitcnt", static (wave, instruction) => wave.Wait(instruction.Immediate));
        Add(0x0e, "s_sleep", static (wave, _) => wave.Yields = true);
        Add(0x0f, "s_setprio", static (_, _) => { });
        Add(0x12, "s_trap", static (_, instruction) => throw new Fault(EmulationProblem.Trap, "the kernel ended itself with s_trap " + instruction.Immediate));
        Add(0x13, "s_icache_inv", static (_, _) => { });
        table.Add(Encoding.Sop1, 0x1c, new Operation("s_getpc_b64", Bits64, None, None, None, static (wave, instruction) =>
            wave.SetScalarPair(instruction.Destination, wave.Workgroup.Dispatch.Kernel.CodeAddress + (ulong)wave.ProgramCounter, ulong.MaxValue)));

        void Add(int number, string name, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.SopP, number, new Operation(name, None, None, None, None, execute));

        void Branch(int number, string name, Func<Wave, bool> condition) => Add(number, name, (wave, instruction) =>
        {
            if (condition(wave))
            {
                Jump(wave, instruction);
            }
        });
    }

    // The program counter is past the branch already.
    private static void Jump(Wave wave, Instruction instruction) => wave.ProgramCounter += 4 * (short)instruction.Immediate;

    private static ulong Vcc(Wave wave)
    {
        var mask = wave.ScalarPair(Wave.Vcc, out var defined);
        ScalarForms.RequireDefined(defined, "VCC, which decides a branch,");
        return mask;
    }
}
