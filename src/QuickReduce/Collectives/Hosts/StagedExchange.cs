namespace QuickReduce.Collectives.Hosts;

/// <summary>
/// Adds up the sums of several hosts, each of which all ranks of its host have. Enqueues work on a stream. Used by one thread
/// at a time.
/// </summary>
/// <remarks>
/// Every rank exchanges its part to memory that the ranks of its host can read, and all copy it from there. Between the two a
/// small all-reduce makes each wait until all have exchanged; the one at the start of a call, until all have copied what the
/// last call left. Pieces of a long message use two places in turn, so that no other wait is needed.
/// </remarks>
internal sealed class StagedExchange
{
    private readonly GpuCommunicator _local;
    private readonly NcclExchange _exchange;
    private readonly GpuDevice _device;
    private readonly nint _placeBytes;
    private readonly nint[] _staging;

    /// <summary>Prepares the memory.</summary>
    /// <param name="local">The ranks of this host, which were given memory for it.</param>
    /// <param name="exchange">The other hosts' ranks of the same number.</param>
    /// <param name="stagingBytes">Bytes of what a rank exchanges at once.</param>
    public StagedExchange(GpuCommunicator local, NcclExchange exchange, long stagingBytes)
    {
        _local = local;
        _exchange = exchange;
        _device = local.Device;
        _placeBytes = (nint)stagingBytes;
        _staging = [.. local.Member.Peers.Addresses.Select(address => address + local.Member.Workspace.Extra)];
        using var stream = _device.CreateStream();
        _device.Driver.Fill(_device.Index, Barrier, 0, HostParts.BarrierElements * sizeof(float), stream.Handle);
        stream.Synchronize();
    }

    private nint Barrier => _staging[_local.Rank] + 2 * _placeBytes;

    /// <summary>Enqueues the sum of all hosts.</summary>
    /// <param name="request">The call, whose output has the sum of this host.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="NcclException">The library refuses its part, or the exchange was ended.</exception>
    /// <exception cref="GpuException">The driver refuses its part.</exception>
    /// <exception cref="QuickReduceException">The ranks of this host cannot go on.</exception>
    public unsafe void AddUp(in RankRequest request, nint stream)
    {
        var ranks = _staging.Length;
        var most = HostParts.MostElements(_placeBytes, ranks, request.ElementBytes);
        nint place = 0;
        for (long done = 0; done < request.InputLength; done += most)
        {
            var parts = new HostParts(long.Min(most, request.InputLength - done), ranks, request.ElementBytes);
            var output = (nint)request.Output + (nint)done * request.ElementBytes;
            if (parts.Count(_local.Rank) > 0)
            {
                _exchange.AddUp(request.DataType, output + (nint)parts.First(_local.Rank) * request.ElementBytes, _staging[_local.Rank] + place, parts.Count(_local.Rank), stream);
            }

            AwaitHost(request, stream);
            for (var turn = 0; turn < ranks; turn++)
            {
                // Not all from the same one.
                var rank = (_local.Rank + turn) % ranks;
                if (parts.Count(rank) > 0)
                {
                    _device.Driver.Copy(
                        _device.Index, output + (nint)parts.First(rank) * request.ElementBytes, _staging[rank] + place, (nint)parts.Count(rank) * request.ElementBytes, stream);
                }
            }

            place = _placeBytes - place;
        }
    }

    /// <summary>Makes the stream wait until all ranks of this host have come to the same point of theirs.</summary>
    private unsafe void AwaitHost(in RankRequest request, nint stream)
    {
        var barrier = request;
        barrier.Input = barrier.Output = (byte*)Barrier;
        barrier.InputLength = barrier.OutputLength = HostParts.BarrierElements;
        _local.Enqueue(barrier, stream, isCounted: false);
    }
}
