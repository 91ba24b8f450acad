namespace QuickReduce.Emulation;

/// <summary>What the emulator found a kernel doing.</summary>
public enum EmulationProblem
{
    /// <summary>An instruction that is not known, or that uses something which is not modelled.</summary>
    UnknownInstruction,

    /// <summary>A memory access outside of every allocation, or to memory that was freed.</summary>
    OutOfBounds,

    /// <summary>
    /// A branch, an address, a lane mask, or what the host reads back depends on a register or memory that nobody has
    /// written.
    /// </summary>
    UndefinedValue,

    /// <summary>A register is used before the <c>s_waitcnt</c> for the load that fills it.</summary>
    MissingWait,

    /// <summary>Kernels wait for each other and none of them gets any further.</summary>
    Livelock,

    /// <summary>The kernel ended itself with <c>s_trap</c>, or ran out of its code.</summary>
    Trap,
}
