using System.Runtime.CompilerServices;

namespace QuickReduce.Collectives;

/// <summary>
/// What a group keeps for one rank. Padded, so that ranks that wait or write their request do not take each other's
/// cache lines.
/// </summary>
internal sealed class RankSlot
{
    /// <summary>Wakes the rank's thread where it sleeps in a call.</summary>
    public readonly AutoResetEvent Wake = new(initialState: false);

    /// <summary>What the rank asks for; written before it arrives, read by the one who runs the call.</summary>
    public RankRequest Request;

    /// <summary>Why the rank's current call failed; null while it has not.</summary>
    public CallFailure? Result;

    /// <summary>Failure of a call that the others have given up on and that this rank has yet to come to.</summary>
    public CallFailure? Owed;

    /// <summary>1 while a thread is in a call of this rank.</summary>
    public int Busy;

#pragma warning disable CS0169, IDE0051 // Only its size matters.
    private readonly CacheLinePadding _padding;
#pragma warning restore CS0169, IDE0051
}

/// <summary>Two cache lines, since processors fetch them in pairs.</summary>
[InlineArray(16)]
internal struct CacheLinePadding
{
    private ulong _first;
}
