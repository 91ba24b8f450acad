using System.Text;

namespace QuickReduce.Collectives;

/// <summary>Checks what the ranks ask for, once all of them have asked and before anything is written.</summary>
internal static unsafe class CallValidation
{
    /// <summary>Says what is wrong with the requests, or null.</summary>
    /// <param name="slots">The ranks' slots, one per rank.</param>
    public static CallFailure? Check(ReadOnlySpan<RankSlot> slots)
    {
        ref readonly var first = ref slots[0].Request;
        if (first.DataType == RankRequest.UnsupportedType)
        {
            return Mismatch(slots, "asked for a type that cannot be all-reduced", "Elements are System.Half, QuickReduce.BFloat16 or float.");
        }

        if (!IsPossible(first))
        {
            var variant = new KernelVariant(first.DataType, first.Mode, slots.Length);
            return Mismatch(slots, "asked for a kernel that cannot exist", SpecializationRules.Refusal(variant) ?? string.Empty);
        }

        for (var rank = 1; rank < slots.Length; rank++)
        {
            ref readonly var request = ref slots[rank].Request;
            if (!request.AsksFor(first))
            {
                return Mismatch(slots, "asked for different all-reduces", "All must pass the same element type, regime, group size, scale format and length, and make their calls in the same order.");
            }
        }

        for (var rank = 0; rank < slots.Length; rank++)
        {
            if (CheckBuffers(slots, rank) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static CallFailure? CheckBuffers(ReadOnlySpan<RankSlot> slots, int rank)
    {
        ref readonly var request = ref slots[rank].Request;
        if (BufferProblems.Of(request) is var problem and not CallProblem.None)
        {
            var (what, remedy) = BufferProblems.Describe(problem, request);
            return BadBuffer(slots, rank, what, remedy);
        }

        var length = request.InputLength * request.ElementBytes;
        for (var other = 0; other < slots.Length; other++)
        {
            ref readonly var peer = ref slots[other].Request;
            if (other != rank && (BufferProblems.Overlap(request.Output, peer.Input, length) || BufferProblems.Overlap(request.Output, peer.Output, length)))
            {
                return BadBuffer(slots, rank, "its output overlaps a buffer of rank " + other, "Give every rank output memory of its own.");
            }
        }

        return null;
    }

    /// <summary>Whether there is such a kernel at all; without allocating, since every call asks.</summary>
    public static bool IsPossible(in RankRequest request) =>
        request.Mode is { Regime: QuantRegime.FP, GroupSize: 0, ScaleFormat: ScaleFormat.BFloat16 }
        || (request.Mode is { Regime: >= QuantRegime.Int2 and <= QuantRegime.Int8 }
            && request.Mode is { GroupSize: 16 or 32 or 64 or 128, ScaleFormat: ScaleFormat.BFloat16 } or { GroupSize: 16 or 32, ScaleFormat: ScaleFormat.SharedExponent }
            && request.DataType != DataType.Float32);

    private static CallFailure Mismatch(ReadOnlySpan<RankSlot> slots, string what, string remedy)
    {
        var asked = new StringBuilder();
        for (var rank = 0; rank < slots.Length; rank++)
        {
            asked.Append(rank == 0 ? string.Empty : "; ").Append("rank ").Append(rank).Append(": ").Append(slots[rank].Request.Describe());
        }

        return new CallFailure(rank => new RankMismatchException(
            CallFailure.Addressee(rank) + " cannot all-reduce: the ranks " + what + " (" + asked + "). " + remedy));
    }

    private static CallFailure BadBuffer(ReadOnlySpan<RankSlot> slots, int culprit, string what, string remedy)
    {
        var asked = slots[culprit].Request.Describe();
        return new CallFailure(rank => new InvalidBufferException(
            culprit,
            CallFailure.Addressee(rank) + " cannot all-reduce " + asked + ": rank " + culprit + " passed buffers that cannot be used: " + what + ". " + remedy));
    }
}
