using System.Runtime.InteropServices;
using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Execution;

/// <summary>What a wave is doing.</summary>
internal enum WaveState : byte
{
    Running,
    AtBarrier,
    Ended,
}

/// <summary>
/// The state of one wave of 64 lanes: registers, masks, program counter, and what it has in flight. Beside every register
/// stands which of it was ever written: what is computed from the rest is undefined as well, and using it for anything
/// that matters is an error.
/// </summary>
internal sealed unsafe partial class Wave : IDisposable
{
    public const int Lanes = 64;
    public const int Vcc = 106, M0 = 124, ExecRegister = 126;

    private const int ScalarRegisters = 128, ScratchRegisters = 16;

    private readonly int _vectorRegisters;
    private readonly int _accumulatorOffset;
    private readonly uint* _memory;
    private readonly uint* _vector;
    private readonly uint* _scratch;
    private readonly ulong* _vectorDefined;
    private int _nextScratch;

    /// <summary>Creates a wave whose registers hold nothing that is defined.</summary>
    /// <param name="workgroup">The workgroup that it belongs to.</param>
    /// <param name="index">Its number within the workgroup.</param>
    /// <param name="poison">What undefined registers hold.</param>
    public Wave(Scheduling.Workgroup workgroup, int index, ulong poison)
    {
        Workgroup = workgroup;
        Index = index;
        var descriptor = workgroup.Dispatch.Kernel.Descriptor;
        _vectorRegisters = descriptor.VectorRegisters;
        _accumulatorOffset = descriptor.AccumulatorOffset;
        var vectorWords = _vectorRegisters * Lanes;
        var words = vectorWords + ScratchRegisters * Lanes + 2 * ScalarRegisters + 2 * _vectorRegisters;
        _memory = (uint*)NativeMemory.AlignedAlloc((nuint)words * sizeof(uint), 64);
        _vector = _memory;
        _scratch = _vector + vectorWords;
        Scalar = _scratch + ScratchRegisters * Lanes;
        ScalarDefined = Scalar + ScalarRegisters;
        _vectorDefined = (ulong*)(ScalarDefined + ScalarRegisters);
        new Span<uint>(_vector, vectorWords).Fill((uint)poison | 1);
        new Span<uint>(Scalar, ScalarRegisters).Fill((uint)(poison >> 32) | 1);
        new Span<uint>(ScalarDefined, ScalarRegisters).Clear();
        new Span<ulong>(_vectorDefined, _vectorRegisters).Clear();
    }

    ~Wave() => NativeMemory.AlignedFree(_memory);

    public Scheduling.Workgroup Workgroup { get; }

    /// <summary>Its number within the workgroup.</summary>
    public int Index { get; }

    public WaveState State { get; set; }

    /// <summary>Address of the instruction that it executes next, relative to the code, in bytes.</summary>
    public int ProgramCounter { get; set; }

    public bool Scc { get; set; }

    /// <summary>The machine's clock, in instructions, before which the wave does not go on.</summary>
    public long StalledUntil { get; set; }

    /// <summary>Whether the wave gave up the rest of its turn.</summary>
    public bool Yields { get; set; }

    /// <summary>Scalar registers by their code in instructions; VCC, M0 and EXEC are among them.</summary>
    public uint* Scalar { get; }

    /// <summary>For every scalar register, which of its bits are defined.</summary>
    public uint* ScalarDefined { get; }

    /// <summary>Lanes in which everything that the current instruction has read so far is defined.</summary>
    public ulong Defined { get; set; }

    /// <summary>Lanes that the current instruction writes.</summary>
    public ulong WriteMask { get; set; }

    public ulong Exec
    {
        get => *(ulong*)(Scalar + ExecRegister);
        set => *(ulong*)(Scalar + ExecRegister) = value;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        GC.SuppressFinalize(this);
    }

    /// <summary>Prepares for an instruction.</summary>
    public void Begin()
    {
        Defined = ulong.MaxValue;
        WriteMask = Exec;
        _nextScratch = 0;
    }

    /// <summary>Room for a value per lane, until the current instruction ends.</summary>
    public uint* Scratch() => _scratch + (_nextScratch++ % ScratchRegisters) * Lanes;

    /// <summary>The lanes of a vector register; fails where it is not allocated, or a load is yet to fill it.</summary>
    public uint* VectorRegister(int register, bool isAccumulator = false)
    {
        var number = Number(register, isAccumulator);
        if (HasAccessesInFlight)
        {
            RequireArrived(number, isScalar: false);
        }

        return _vector + number * Lanes;
    }

    public ulong VectorDefined(int register, bool isAccumulator = false) => _vectorDefined[Number(register, isAccumulator)];

    /// <summary>Marks lanes of a vector register, those that are written, as defined or not.</summary>
    public void Define(int register, bool isAccumulator, ulong written, ulong defined)
    {
        ref var lanes = ref _vectorDefined[Number(register, isAccumulator)];
        lanes = (lanes & ~written) | (defined & written);
    }

    /// <summary>Number of a register among all that are allocated.</summary>
    public int Number(int register, bool isAccumulator)
    {
        var number = isAccumulator ? register + _accumulatorOffset : register;
        return number < _vectorRegisters
            ? number
            : throw new Fault(EmulationProblem.UndefinedValue, "register " + (isAccumulator ? "a" : "v") + register + " is not among the " + _vectorRegisters + " that the kernel has allocated");
    }

    /// <summary>Whether all lanes of a value are defined that the current instruction uses.</summary>
    public void RequireDefined(ulong lanes, string use)
    {
        if ((lanes & ~Defined) is var undefined and not 0)
        {
            throw new Fault(EmulationProblem.UndefinedValue, use + " is undefined in lane " + System.Numerics.BitOperations.TrailingZeroCount(undefined) + ": computed from a register or memory that nobody has written");
        }
    }
}
