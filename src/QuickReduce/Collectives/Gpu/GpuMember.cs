using QuickReduce.Collectives.Processes;
using QuickReduce.Policy;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Gpu;

/// <summary>All that a process has of its rank in a group over device memory.</summary>
internal sealed class GpuMember
{
    // How long a rank that leaves waits for the others, before it frees its memory behind its caller's back.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FarewellPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan RetirementPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Number of this rank.</summary>
    public required int Rank { get; init; }

    /// <summary>Number of ranks.</summary>
    public required int WorldSize { get; init; }

    /// <summary>By which number callers know each rank: its own, or that among the ranks of all hosts.</summary>
    public required IReadOnlyList<int> Numbers { get; init; }

    /// <summary>This rank's device.</summary>
    public required GpuDevice Device { get; init; }

    /// <summary>Ranks on this device, in any process.</summary>
    public required int RanksOnDevice { get; init; }

    /// <summary>The variants that calls can choose.</summary>
    public required KernelSet KernelSet { get; init; }

    /// <summary>What is chosen for calls that name no regime.</summary>
    public required PolicyTable Policy { get; init; }

    /// <summary>Their kernels.</summary>
    public required GpuKernels Kernels { get; init; }

    /// <summary>This rank's part of the device memory that all ranks write to.</summary>
    public required GpuWorkspace Workspace { get; init; }

    /// <summary>The other ranks' parts.</summary>
    public required PeerMemory Peers { get; init; }

    /// <summary>The host's memory that all ranks share.</summary>
    public required SharedSegment Segment { get; init; }

    /// <summary>Makes this rank's calls.</summary>
    public required GpuCaller Caller { get; init; }

    /// <summary>What the ranks have called.</summary>
    public required SharedLedger Ledger { get; init; }

    /// <summary>Who has left, and why the group is over.</summary>
    public required FaultBoard Faults { get; init; }

    /// <summary>Gives back what this rank holds.</summary>
    /// <param name="timeout">How long kernels that were released may take to end.</param>
    /// <exception cref="GpuException">They do not end. What they use stays allocated.</exception>
    public void Leave(TimeSpan timeout)
    {
        try
        {
            if (!GpuWorkspace.ReleaseKernels([Workspace], grace: TimeSpan.FromMilliseconds(1), timeout))
            {
                throw new GpuException(GpuProblem.DeviceBusy, "Rank " + Numbers[Rank] + ": " + Device + " did not become idle within " + timeout.TotalSeconds + " s, although the kernels of " + KernelSet.Name + "'s group were told not to wait. Something else keeps it busy.");
            }

            Peers.Dispose();
            Kernels.Dispose();
        }
        catch (GpuException exception) when (exception.Problem == GpuProblem.DeviceLost)
        {
            // Nothing on it can be released any more.
        }

        // The others' kernels may still write here, if they go on; and memory that others have mapped must not be freed.
        Ledger.Close();
        if (AwaitOthers())
        {
            Retire();
        }
        else
        {
            _ = Task.Run(RetireAsync);
        }
    }

    private bool AwaitOthers()
    {
        var waited = TimeSpan.Zero;
        while (!AreOthersGone() && waited < Farewell)
        {
            Thread.Sleep(FarewellPause);
            waited += FarewellPause;
        }

        return waited < Farewell;
    }

    private bool AreOthersGone()
    {
        for (var rank = 0; rank < WorldSize; rank++)
        {
            if (rank != Rank && !Ledger.HasClosed(rank) && Faults.IsHeld(rank))
            {
                return false;
            }
        }

        return true;
    }

    private async Task RetireAsync()
    {
        while (!AreOthersGone())
        {
            await Task.Delay(RetirementPause).ConfigureAwait(false);
        }

        Retire();
    }

    private void Retire()
    {
        try
        {
            Workspace.Dispose();
        }
        catch (GpuException)
        {
            // The device is lost.
        }

        Segment.Dispose();
    }
}
