namespace QuickReduce.Build;

/// <summary>What kind of work an instruction is. Every instruction is of exactly one kind.</summary>
internal enum InstructionClass
{
    VectorAlu,
    Matrix,
    ScalarAlu,
    ScalarMemory,
    VectorLoad,
    VectorStore,
    VectorAtomic,
    CacheControl,
    Lds,
    Branch,
    Barrier,
    Wait,
    Other,
}

/// <summary>What an instruction is beside its kind; several may hold.</summary>
[Flags]
internal enum InstructionTraits
{
    None = 0,

    /// <summary>A vector operation on two values per lane.</summary>
    Packed = 1,

    /// <summary>A vector operation that reads a neighbouring lane's register.</summary>
    Dpp = 2,

    /// <summary>A vector operation at a quarter of the rate: reciprocal, root, logarithm, sine.</summary>
    Transcendental = 4,

    /// <summary>A vector memory access whose address may be in any address space, for which LDS is asked as well.</summary>
    Flat = 8,

    /// <summary>A vector memory access to the wave's own scratch memory.</summary>
    Scratch = 16,

    /// <summary>An LDS operation that only moves values between lanes.</summary>
    CrossLane = 32,
}

/// <summary>One instruction of a listing.</summary>
/// <param name="Class">Its kind.</param>
/// <param name="Traits">What else it is.</param>
/// <param name="BytesPerLane">What each lane loads or stores with it; 0 if it is no access to memory.</param>
internal readonly record struct Instruction(InstructionClass Class, InstructionTraits Traits = InstructionTraits.None, int BytesPerLane = 0);

/// <summary>
/// How many instructions of which kind a kernel has. Counted as they stand: what a loop repeats counts once, and so does what a
/// branch passes over.
/// </summary>
internal sealed class InstructionCounts
{
    private readonly int[] _classes = new int[Enum.GetValues(typeof(InstructionClass)).Length];
    private readonly int[] _traits = new int[6];

    public int Total { get; private set; }

    /// <summary>Sum over the load instructions of what one lane loads with each; scratch is left out.</summary>
    public int BytesLoadedPerLane { get; private set; }

    /// <summary>The same of stores.</summary>
    public int BytesStoredPerLane { get; private set; }

    public int this[InstructionClass kind] => _classes[(int)kind];

    public int this[InstructionTraits trait] => _traits[Bit(trait)];

    public void Add(Instruction instruction)
    {
        Total++;
        _classes[(int)instruction.Class]++;
        for (int bit = 0; bit < _traits.Length; bit++)
        {
            _traits[bit] += (int)instruction.Traits >> bit & 1;
        }

        if ((instruction.Traits & InstructionTraits.Scratch) == 0)
        {
            BytesLoadedPerLane += instruction.Class == InstructionClass.VectorLoad ? instruction.BytesPerLane : 0;
            BytesStoredPerLane += instruction.Class == InstructionClass.VectorStore ? instruction.BytesPerLane : 0;
        }
    }

    private static int Bit(InstructionTraits trait)
    {
        int bit = 0;
        while ((int)trait >> bit > 1)
        {
            bit++;
        }

        return bit;
    }
}
