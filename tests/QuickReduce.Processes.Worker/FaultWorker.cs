using System.Diagnostics;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Processes.Worker;

/// <summary>A few calls, in which something happens to one rank. The others tell what they got, and go on without it.</summary>
internal static class FaultWorker
{
    private const int CallsBefore = 5;
    private const int Elements = 300_000;
    private const QuantRegime Usual = QuantRegime.Int8;
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    /// <param name="environment">Which rank this is.</param>
    /// <param name="options">How it joins.</param>
    /// <param name="what">What happens.</param>
    /// <param name="when">In which phase.</param>
    /// <param name="culprit">To which rank.</param>
    /// <param name="isShared">Whether buffers lie in memory that all ranks see, and are summed there.</param>
    public static async Task RunAsync(RankEnvironment environment, JoinOptions options, string what, string when, int culprit, bool isShared)
    {
        var isCulprit = environment.Rank == culprit;
        if (when == "rendezvous" && isCulprit)
        {
            if (what == "late")
            {
                Thread.Sleep(Late);
            }
            else
            {
                // As a rank that has shown who it is, and then has its accident.
                Happen(what);
            }
        }

        var watch = Stopwatch.StartNew();
        try
        {
            using var communicator = await Communicator.JoinAsync(WorkerKernels.All, environment, options);
            Report.Write("joined", watch.ElapsedMilliseconds);
            if (isShared)
            {
                MakeSharedCalls(communicator, isCulprit, what, when, watch);
            }
            else
            {
                MakeCalls(communicator, isCulprit, what, when, watch);
            }
        }
        catch (QuickReduceException exception)
        {
            Report.Write("after", watch.ElapsedMilliseconds);
            Report.Write(exception);
            if (exception is RankMismatchException or InvalidBufferException)
            {
                return;
            }
        }

        if (!isCulprit && when != "rendezvous")
        {
            await GoOnAsync(environment, options, culprit);
        }
    }

    private static void MakeCalls(Communicator communicator, bool isCulprit, string what, string when, Stopwatch watch)
    {
        var buffer = new Half[Elements];
        for (var call = 0; call < CallsBefore; call++)
        {
            communicator.AllReduce<Half>(Usual, buffer);
        }

        watch.Restart();
        MakeCall(communicator, isCulprit, what, when, buffer);
        Report.Write("summed");

        // Where the accident came too late to spoil that call, it spoils the next.
        communicator.AllReduce<Half>(Usual, buffer);
        Report.Write("summed");
    }

    private static void MakeSharedCalls(Communicator communicator, bool isCulprit, string what, string when, Stopwatch watch)
    {
        using var buffer = communicator.AllocateShared<Half>(Elements);
        for (var call = 0; call < CallsBefore; call++)
        {
            communicator.AllReduce<Half>(QuantRegime.FP, buffer);
        }

        watch.Restart();
        if (!isCulprit)
        {
            communicator.AllReduce<Half>(QuantRegime.FP, buffer);
        }
        else if (when == "allocation")
        {
            Happen(what);
        }
        else
        {
            FaultySteps.Call(communicator, QuantRegime.FP, buffer, int.Parse(when["phase".Length..]), chunk: 0, () => Happen(what));
        }

        using var another = communicator.AllocateShared<Half>(Elements);
        communicator.AllReduce<Half>(QuantRegime.FP, another);
        Report.Write("summed");
    }

    private static void MakeCall(Communicator communicator, bool isCulprit, string what, string when, Half[] buffer)
    {
        if (!isCulprit || when == "rendezvous")
        {
            communicator.AllReduce<Half>(Usual, buffer);
            return;
        }

        switch (what)
        {
            case "size":
                communicator.AllReduce<Half>(Usual, buffer.AsSpan(1));
                return;
            case "regime":
                communicator.AllReduce<Half>(QuantRegime.Int4, buffer);
                return;
            case "type":
                communicator.AllReduce<BFloat16>(QuantRegime.Int8, new BFloat16[Elements]);
                return;
            case "order":
                communicator.AllReduce<Half>(QuantRegime.FP, new Half[10]);
                return;
            case "buffer":
                communicator.AllReduce<Half>(Usual, buffer, buffer.AsSpan(1));
                return;
            case "leave":
                communicator.Dispose();
                throw new InvalidOperationException("left");
            case "abort":
                communicator.Abort("the model does not fit");
                break;
        }

        if (when == "between")
        {
            Happen(what);
            communicator.AllReduce<Half>(Usual, buffer);
        }
        else
        {
            FaultySteps.Call(communicator, Usual, buffer, int.Parse(when["phase".Length..]), chunk: 0, () => Happen(what));
        }
    }

    private static void Happen(string what)
    {
        switch (what)
        {
            case "exception":
                throw new InvalidOperationException("an accident");
            case "late":
                Thread.Sleep(Late);
                break;
            default:
                Accident.Happen(what);
                break;
        }
    }

    /// <summary>The process is as good as before: the ranks that are left form a group of their own.</summary>
    private static async Task GoOnAsync(RankEnvironment environment, JoinOptions options, int culprit)
    {
        var left = environment.Without(culprit);
        if (left.WorldSize < 2)
        {
            return;
        }

        using var communicator = await Communicator.JoinAsync(WorkerKernels.All, left, new JoinOptions { Timeout = options.Timeout, Group = options.Group, GroupName = "again" });
        var one = new Half[] { (Half)1 };
        communicator.AllReduce<Half>(QuantRegime.FP, one);
        Report.Write("again", (int)one[0]);
    }
}
