namespace QuickReduce.Collectives.Processes;

/// <summary>What a rank does in the course of a call. Chunks are counted from 0 within the call.</summary>
internal interface ICallSteps
{
    /// <summary>Waits until every peer has raised the epoch.</summary>
    void AwaitPeers(uint epoch);

    /// <summary>Compares what the ranks ask for; throws if they cannot go on together. No data were read or output written.</summary>
    /// <returns>False where all are to begin again in the next epoch, in another way, which all come to alike.</returns>
    bool Agree(uint epoch);

    /// <summary>Writes a chunk's elements to a region, for the peers.</summary>
    void Send(long chunk, uint region);

    /// <summary>Reads what the peers sent of the own segment of a chunk, and writes its sum for them.</summary>
    void Reduce(long chunk, uint region);

    /// <summary>Raises the own flag: what was written is there to read.</summary>
    void Raise(uint epoch);

    /// <summary>
    /// Gets back what the next call will write first and peers have read: a chunk's part of a region, and the epoch's line.
    /// Only a hint, for what comes next, whose content is lost.
    /// </summary>
    void Claim(long chunk, uint region);

    /// <summary>Reads the peers' data and writes the output.</summary>
    void Receive(long chunk, uint region);
}

/// <summary>
/// The order of a call's steps on every rank, and with it what makes shared memory safe to use again. Chunks overlap, so
/// that a rank that is a little ahead finds something to do: there is one wait per epoch, whatever the number of hops.
/// </summary>
/// <remarks>
/// <para>Epochs count through all calls of a group; a message of n chunks that travel h hops takes n + h − 1 of them.
/// Chunk c uses the region of the epoch in which it is sent. With i for that region's epoch:</para>
/// <list type="bullet">
/// <item>whoever writes in epoch e has seen every peer raise e − 1, since a call ends by awaiting its last epoch;</item>
/// <item>region i is written before i is raised and, for the second hop, before i + 1 is;</item>
/// <item>it is read after i, or i + 1, was seen, and no later than the reader raises i + 3.</item>
/// </list>
/// <para>Buffers that all ranks see go through no region: with two hops, Send then has nothing to do for inputs and Receive
/// nothing for outputs, and Reduce reads the one and writes the other. Both happen between Agree, before which every rank has
/// called, and the last epoch, which is raised after the last Reduce and awaited before anyone returns.</para>
/// <para>A test walks through all interleavings of these steps for two and three ranks.</para>
/// </remarks>
internal static class CallSchedule
{
    /// <summary>Runs a call.</summary>
    /// <typeparam name="TSteps">What the steps do.</typeparam>
    /// <param name="steps">What the steps do.</param>
    /// <param name="lastEpoch">The group's last epoch, of the call before.</param>
    /// <param name="chunks">Chunks of the message, at least 1.</param>
    /// <param name="hops">1: peers' data are reduced by everyone. 2: every rank reduces a segment and sends the sum on.</param>
    /// <returns>What <see cref="ICallSteps.Agree"/> says: if false, the call has taken one epoch and done nothing.</returns>
    public static bool Run<TSteps>(ref TSteps steps, uint lastEpoch, long chunks, int hops)
        where TSteps : struct, ICallSteps, allows ref struct
    {
        var first = lastEpoch + 1;
        for (long step = 0; step < chunks + hops; step++)
        {
            var epoch = first + (uint)step;
            if (step > 0)
            {
                steps.AwaitPeers(epoch - 1);
                if (step == 1 && !steps.Agree(first))
                {
                    return false;
                }
            }

            if (hops == 2 && step >= 1 && step <= chunks)
            {
                steps.Reduce(step - 1, epoch - 1);
            }

            if (step < chunks)
            {
                steps.Send(step, epoch);
            }

            if (step < chunks + hops - 1)
            {
                steps.Raise(epoch);
            }

            if (hops == 1 && step == chunks)
            {
                // All have raised the call's last epoch, so the next one's region is nobody's any more. Lines that peers have
                // read take a round trip to get back, which passes while this call's are read.
                steps.Claim(step - 1, epoch);
            }

            if (step >= hops)
            {
                steps.Receive(step - hops, epoch - (uint)hops);
            }
        }

        return true;
    }

    /// <summary>Epochs that a call takes.</summary>
    public static uint Epochs(long chunks, int hops) => (uint)(chunks + hops - 1);
}
