namespace QuickReduce.Collectives;

/// <summary>What makes a rank's call impossible, as far as the rank alone can tell.</summary>
internal enum CallProblem : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Input and output differ in length.</summary>
    LengthsDiffer,

    /// <summary>A buffer is not aligned to its elements.</summary>
    NotAligned,

    /// <summary>The output overlaps the input without being the same.</summary>
    BuffersOverlap,

    /// <summary>There are no kernels for the element type.</summary>
    UnsupportedType,

    /// <summary>There is no kernel of this type and mode, or none is declared.</summary>
    NotDeclared,

    /// <summary>The kernel's native library cannot be used.</summary>
    KernelUnavailable,
}

/// <summary>Finds and words what is wrong with a rank's buffers.</summary>
internal static unsafe class BufferProblems
{
    /// <summary>What is wrong with the buffers of a request.</summary>
    public static CallProblem Of(in RankRequest request)
    {
        if (request.OutputLength != request.InputLength)
        {
            return CallProblem.LengthsDiffer;
        }

        if ((((nint)request.Input | (nint)request.Output) & (request.ElementBytes - 1)) != 0)
        {
            return CallProblem.NotAligned;
        }

        return request.Input != request.Output && Overlap(request.Input, request.Output, request.InputLength * request.ElementBytes)
            ? CallProblem.BuffersOverlap
            : CallProblem.None;
    }

    /// <summary>Whether two buffers share memory.</summary>
    public static bool Overlap(byte* left, byte* right, nint bytes) => left < right + bytes && right < left + bytes;

    /// <summary>A problem in words, and what to do about it.</summary>
    public static (string What, string Remedy) Describe(CallProblem problem, in RankRequest request) => problem switch
    {
        CallProblem.LengthsDiffer =>
            ("its input has " + request.InputLength + " elements and its output " + request.OutputLength, "Pass buffers of one length."),
        CallProblem.NotAligned =>
            ("a buffer is not aligned to its elements", "Elements must lie at addresses divisible by their size, " + request.ElementBytes + " bytes."),
        _ => ("its output overlaps its input without being the same", "Pass the same memory for both (in place) or memory that does not overlap."),
    };
}
