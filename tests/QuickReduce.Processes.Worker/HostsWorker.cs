using System.Diagnostics;
using System.Runtime.InteropServices;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Processes.Worker;

/// <summary>
/// One rank of an MPI job whose processes are told to be on several hosts: random calls, compared with in-process groups for
/// the ranks of each host and for the hosts.
/// </summary>
internal static class HostsWorker
{
    private const int MostElements = 300_000;

    public static async Task<int> RunAsync(string fault, int ranksPerHost, int calls)
    {
        var number = int.Parse(Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_RANK") ?? Environment.GetEnvironmentVariable("PMI_RANK") ?? "0");
        try
        {
            using var communicator = await MultiHostCommunicator.JoinAsync(WorkerKernels.All, new MultiHostOptions { HostName = "host " + number / ranksPerHost });
            for (var call = 0; call < calls; call++)
            {
                Call(communicator, ranksPerHost, call, call == 2 ? fault : string.Empty);
            }

            Report.Write("right", communicator.Rank, communicator.HostCount, Environment.MachineName);
            return 0;
        }
        catch (QuickReduceException exception)
        {
            Report.Write(exception);
            return 1;
        }
    }

    private static void Call(MultiHostCommunicator communicator, int ranksPerHost, int call, string fault)
    {
        var random = new Random(call);
        var regime = random.Next(2) == 0 ? QuantRegime.FP : QuantRegime.Int6;
        var length = random.Next(4) == 0 ? random.Next(MostElements) : random.Next(3000);
        var buffer = Elements(call, communicator.Rank, length);
        try
        {
            switch (communicator.Host == 0 ? fault : string.Empty)
            {
                case "regime":
                    communicator.AllReduce<Half>(QuantRegime.Int4, buffer);
                    break;
                case "size":
                    communicator.AllReduce<Half>(regime, buffer.AsSpan(1));
                    break;
                case "cut" when communicator.LocalRank == 0:
                    // The script that has made the hosts says how.
                    Process.Start(Environment.GetEnvironmentVariable("CUT_LINK")!).WaitForExit();
                    Report.Write("cut");
                    communicator.AllReduce<Half>(regime, buffer);
                    break;
                case "buffer" when communicator.LocalRank == 0:
                    communicator.AllReduce<Half>(regime, buffer, buffer.AsSpan(1));
                    break;
                default:
                    communicator.AllReduce<Half>(regime, buffer);
                    break;
            }
        }
        catch (QuickReduceException exception) when (fault.Length > 0)
        {
            // The group goes on. Said in few letters: mpirun may mix longer lines of several processes.
            Report.Write("refused", exception.GetType().Name);
            return;
        }

        var sums = Enumerable.Range(0, communicator.HostCount)
            .Select(host => Sum(regime, [.. Enumerable.Range(host * ranksPerHost, ranksPerHost).Select(rank => Elements(call, rank, length))])).ToArray();
        if (!MemoryMarshal.Cast<Half, ushort>(buffer.AsSpan()).SequenceEqual(MemoryMarshal.Cast<Half, ushort>(Sum(QuantRegime.FP, sums).AsSpan())))
        {
            Report.Write("differs", call, regime, length);
            Environment.Exit(3);
        }
    }

    private static Half[] Sum(QuantRegime regime, Half[][] messages)
    {
        if (messages.Length == 1)
        {
            return messages[0];
        }

        using var group = AllReduceGroup.Create(WorkerKernels.All, messages.Length, new GroupOptions { MaxThreads = 1 });
        group.AllReduce<Half>(regime, [.. messages.Select(static message => (ReadOnlyMemory<Half>)message)], [.. messages.Select(static message => (Memory<Half>)message)]);
        return messages[0];
    }

    private static Half[] Elements(int call, int rank, int length)
    {
        var random = new Random(call * 1009 + rank);
        return [.. Enumerable.Range(0, length).Select(_ => (Half)MathF.ScaleB(random.NextSingle() - 0.5f, random.Next(-6, 6)))];
    }
}
