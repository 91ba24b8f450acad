namespace QuickReduce.InstructionStreams;

/// <summary>How wide accesses are and where the lanes' lie beside each other.</summary>
internal static class AccessRules
{
    private const int AtomBytes = 16;
    private const int SharedScalesBytes = 4;

    /// <summary>
    /// Lanes' accesses of 4 bytes and more lie side by side, so that a wave's are one burst. Scales do not, which have 2 bytes, or 4
    /// where groups share exponents: several lanes' are the same.
    /// </summary>
    public static StreamRule Coalesced { get; } = new("neighbouring lanes access neighbouring bytes", static (kernel, handshake) =>
        from access in kernel.Accesses
        where access.Instruction.IsStreaming && access.Instruction.Bytes >= 4 && access.Address.Stride != access.Instruction.Bytes
              && !(SharesExponents(kernel) && access.Instruction.Bytes == SharedScalesBytes && access.Address.Stride is null)
              || handshake == Handshake.Packets && access.Instruction.IsSystemScope && access.Address.Stride is not (8 or AtomBytes)
        select $"{access.Instruction}: lanes are {access.Address.Stride?.ToString() ?? "an unknown number of"} bytes apart");

    private static bool SharesExponents(KernelCode kernel) => kernel.Name.Contains("_shared_", StringComparison.Ordinal);

    /// <summary>
    /// What streams from the input and to the output does so in atoms of 16 bytes, and something does. One-shot in full precision
    /// has 8 bytes for each lane instead, of which a wave's still are 512 side by side: with twice the lanes for a short message.
    /// </summary>
    public static StreamRule WholeAtoms { get; } = new("messages are read and written 16 bytes at a time, by one-shot in full precision 8", static (kernel, handshake) =>
    {
        if (handshake == Handshake.None)
        {
            return [];
        }

        var message = handshake == Handshake.Announcements ? Origin.Announced : Origin.Input | Origin.Output;
        var bytes = handshake == Handshake.Packets && !kernel.Instructions.Any(static i => i.IsReciprocal) ? AtomBytes / 2 : AtomBytes;
        var accesses = kernel.Accesses.Where(access => access.Instruction.IsStreaming && (access.Address.Origin & message) != 0).ToArray();
        return accesses.Where(access => access.Instruction.Bytes != bytes).Select(static access => access.Instruction.ToString())
            .Concat(accesses.Any(static access => access.Instruction.IsLoad) && accesses.Any(static access => access.Instruction.IsStore)
                ? [] : [$"no access of {bytes} bytes is left"]);
    });

    /// <summary>
    /// What is written once and read once does not drive other data out of the caches; single elements and their rows excepted.
    /// </summary>
    public static StreamRule Streaming { get; } = new("atoms and rows on the wire are marked as streaming", static (kernel, handshake) =>
    {
        var edges = kernel.EdgeLoops.SelectMany(static loop => loop.Blocks).SelectMany(kernel.Flow.InstructionsOf).Select(static i => i.Address).ToHashSet();
        return from access in kernel.Accesses
               let instruction = access.Instruction
               where !instruction.IsStreaming && !instruction.IsSystemScope && !edges.Contains(instruction.Address)
                     && (handshake != Handshake.None && instruction.Bytes == AtomBytes
                         || handshake == Handshake.Flags && instruction.IsStore && access.Address.Origin.HasFlag(Origin.Peer))
               select instruction.ToString();
    });
}
