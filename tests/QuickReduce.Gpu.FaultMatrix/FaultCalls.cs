using System.Diagnostics;

namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>A rank's calls in one case, each result compared bit for bit where there is one.</summary>
/// <param name="communicator">The rank.</param>
/// <param name="memory">Its message and its output.</param>
/// <param name="sums">What to compare with; null for a process that only lives until the accident, and is to start fast.</param>
/// <param name="what">The case.</param>
internal sealed class FaultCalls(GpuCommunicator communicator, HeldMemory memory, SumOfRanks? sums, FaultCase what)
{
    /// <summary>Blocks of a kernel: of two, the second goes on where the first is held.</summary>
    public const int Blocks = 2;

    private const int CallsWithoutFault = 6;
    private const int CallsBetweenWaits = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>A call in each regime: the group works.</summary>
    public void Begin()
    {
        memory.Write(SumOfRanks.Message(communicator.Rank));
        CallAndCompare(QuantRegime.FP);
        CallAndCompare(QuantRegime.Int4);
    }

    /// <summary>Calls as if nothing could happen: a few where nothing does, or else until an exception comes.</summary>
    public void GoOn(TimeSpan limit)
    {
        if (what.Expected.Notice == Notice.None)
        {
            Finish(CallsWithoutFault);
            return;
        }

        // Some of the calls are launched before the one before has ended. Meanwhile another thread frees memory: that must not
        // keep a kernel, which it waits for, from being released.
        var freeing = default(Task);
        try
        {
            var start = Stopwatch.GetTimestamp();
            for (var call = 1; Stopwatch.GetElapsedTime(start) < limit; call++)
            {
                memory.SpoilOutput();
                Call(QuantRegime.Int4);
                freeing ??= Task.Run(memory.FreeSome);
                if (call % CallsBetweenWaits == 0)
                {
                    communicator.Synchronize(Patience);
                    Compare(QuantRegime.Int4);
                }
            }
        }
        finally
        {
            freeing?.GetAwaiter().GetResult();
        }
    }

    /// <summary>Comes to the moment of the case, and does there what it says.</summary>
    /// <param name="happen">What happens to the process; returns where it goes on.</param>
    public void Misbehave(Action happen)
    {
        if (what.IsInCall)
        {
            memory.SpoilOutput();
            memory.Hold((uint)(what.Moment - Moment.Between));
            Call(QuantRegime.Int4);
            AwaitHeld((uint)(what.Moment - Moment.Between));
        }

        happen();
        switch (what.Fault)
        {
            case Fault.Late:
                memory.Hold(0);
                if (what.IsInCall)
                {
                    communicator.Synchronize(Patience);
                    Compare(QuantRegime.Int4);
                }

                Finish(what.IsInCall ? CallsWithoutFault - 1 : CallsWithoutFault);
                return;
            case Fault.Size:
                Call(QuantRegime.Int4, SumOfRanks.Count - 1);
                break;
            case Fault.Regime:
                Call(QuantRegime.FP);
                break;
            case Fault.Order:
                Call(QuantRegime.FP, 10);
                Call(QuantRegime.Int4);
                break;
        }

        // The kernel that is held stays so: it is for the communicator to release it.
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Patience)
        {
            communicator.ThrowIfOver();
            Thread.Sleep(Pause);
        }
    }

    private void AwaitHeld(uint moment)
    {
        var start = Stopwatch.GetTimestamp();
        while (!memory.IsHeld(moment))
        {
            communicator.ThrowIfOver();
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new InvalidOperationException("The kernel does not come to " + what.Moment + ".");
            }

            Thread.Sleep(Pause);
        }
    }

    private void Finish(int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            CallAndCompare(QuantRegime.Int4);
        }
    }

    private void CallAndCompare(QuantRegime regime)
    {
        memory.SpoilOutput();
        Call(regime);
        communicator.Synchronize(Patience);
        Compare(regime);
    }

    private void Call(QuantRegime regime, int count = SumOfRanks.Count) =>
        communicator.AllReduce(DataType.Float16, memory.Input, memory.Output, count, regime, memory.Stream.Handle);

    private void Compare(QuantRegime regime)
    {
        if (sums is not null && !memory.Holds(sums.Of(regime, communicator.WorldSize)))
        {
            throw new InvalidOperationException("A result of " + regime + " differs from the managed backend's.");
        }
    }
}
