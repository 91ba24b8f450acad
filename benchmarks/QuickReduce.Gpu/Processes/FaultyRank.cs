namespace QuickReduce.Gpu.Processes;

/// <summary>What a rank needs to call, to misbehave and to leave, whichever kind of group it is in.</summary>
/// <param name="Device">Its device.</param>
/// <param name="Call">Enqueues an all-reduce: input, output, elements of float16, regime, stream.</param>
/// <param name="ThrowIfOver">Throws if the group is over.</param>
/// <param name="Abort">Ends the group.</param>
/// <param name="Group">The group.</param>
internal sealed record FaultyRank(GpuDevice Device, Action<nint, nint, int, QuantRegime, nint> Call, Action ThrowIfOver, Action<string> Abort, IDisposable Group) : IDisposable
{
    /// <summary>Joins a group on this host, or one over several.</summary>
    public static async Task<FaultyRank> JoinAsync(RankEnvironment environment, TimeSpan limit, HostPlan? plan = null)
    {
        if (plan is not null)
        {
            var hosts = await ProcessRank.JoinHostsAsync(environment, plan, limit);
            return new FaultyRank(
                hosts.Device, (input, output, count, regime, stream) => hosts.AllReduce(DataType.Float16, input, output, count, regime, stream), hosts.ThrowIfOver, hosts.Abort, hosts);
        }

        var group = await ProcessRank.JoinAsync(environment, algorithm: null, limit);
        return new FaultyRank(
            group.Device, (input, output, count, regime, stream) => group.AllReduce(DataType.Float16, input, output, count, regime, stream), group.ThrowIfOver, group.Abort, group);
    }

    public void Dispose() => Group.Dispose();
}
