using System.Text;
using QuickReduce.Policy;

namespace QuickReduce;

/// <summary>What a policy has chosen for a message, and why. Immutable.</summary>
public sealed class PolicyDecision
{
    internal PolicyDecision(KernelVariant variant, long bytes, long chunkBytes, IReadOnlyList<PolicyReason> reasons)
    {
        Variant = variant;
        Bytes = bytes;
        ChunkBytes = chunkBytes;
        Reasons = reasons;
    }

    /// <summary>The kernel that runs.</summary>
    public KernelVariant Variant { get; }

    /// <summary>Regime and group size.</summary>
    public AllReduceMode Mode => Variant.Mode;

    /// <summary>How the ranks share the work.</summary>
    public AllReduceAlgorithm Algorithm => Variant.Algorithm;

    /// <summary>Threads per block, on a GPU.</summary>
    public int BlockSize => Variant.BlockSize;

    /// <summary>Bytes of the message on each rank.</summary>
    public long Bytes { get; }

    /// <summary>Most bytes of the message that go at once.</summary>
    public long ChunkBytes { get; }

    /// <summary>
    /// How many all-reduces the message is cut into, so that none is larger than <see cref="ChunkBytes"/>. On the CPU, where
    /// messages are worked on in smaller pieces anyway, at least as many pieces.
    /// </summary>
    public long Chunks => long.Max(1, (Bytes + ChunkBytes - 1) / ChunkBytes);

    /// <summary>What led to it, in order.</summary>
    public IReadOnlyList<PolicyReason> Reasons { get; }

    /// <summary>For people: the choice in one line, and its reasons, one a line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(ByteSize.Format(Bytes)).Append(" of ").Append(KernelVariant.NameOf(Variant.DataType)).Append(" over ").Append(Variant.WorldSize).Append(" ranks: ")
            .Append(Mode).Append(", ").Append(KernelVariant.NameOf(Algorithm).Replace('_', '-')).Append(", blocks of ").Append(BlockSize);
        if (Chunks > 1)
        {
            text.Append(", in ").Append(Chunks).Append(" parts of at most ").Append(ByteSize.Format(ChunkBytes));
        }

        foreach (var reason in Reasons)
        {
            text.Append("\n  - ").Append(reason);
        }

        return text.ToString();
    }
}
