using System.Runtime.InteropServices;
using QuickReduce.Collectives;
using QuickReduce.Collectives.Processes;

namespace QuickReduce.Processes.Worker;

/// <summary>Runs a call and, in one of its phases, lets something happen to this process.</summary>
internal ref struct FaultySteps(ProcessCall call, int phase, long chunk, Action fault) : ICallSteps
{
    private ProcessCall _call = call;

    /// <summary>Makes a call of 16-bit elements, with a fault in it.</summary>
    public static unsafe void Call(Communicator communicator, QuantRegime regime, Span<Half> buffer, int phase, long chunk, Action fault)
    {
        fixed (Half* elements = buffer)
        {
            var request = RankRequest.Of(regime, elements, buffer.Length, elements, buffer.Length);
            var steps = new FaultySteps(communicator.Begin(request, out var plan, out _), phase, chunk, fault);
            CallSchedule.Run(ref steps, communicator.LastEpoch, plan.Chunks, plan.Hops);
        }
    }

    public readonly void AwaitPeers(uint epoch) => _call.AwaitPeers(epoch);

    public bool Agree(uint epoch) => _call.Agree(epoch);

    public readonly void Raise(uint epoch) => _call.Raise(epoch);

    public readonly void Send(long number, uint region)
    {
        _call.Send(number, region);
        Happen(1, number);
    }

    public readonly void Reduce(long number, uint region)
    {
        _call.Reduce(number, region);
        Happen(2, number);
    }

    public readonly void Claim(long number, uint region) => _call.Claim(number, region);

    public readonly void Receive(long number, uint region)
    {
        Happen(3, number);
        _call.Receive(number, region);
    }

    private readonly void Happen(int currentPhase, long number)
    {
        if (currentPhase == phase && number == chunk)
        {
            fault();
        }
    }
}
