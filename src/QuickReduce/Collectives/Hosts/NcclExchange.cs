using QuickReduce.Devices.Gpu.Nccl;

namespace QuickReduce.Collectives.Hosts;

/// <summary>
/// Adds up what one rank of every host has in its device's memory, through NCCL or RCCL: a communicator of the ranks that have
/// the same number on their hosts. One thread makes calls; all else is thread-safe.
/// </summary>
internal sealed unsafe class NcclExchange
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(1);

    private readonly Lock _calling = new();
    private readonly Lock _ending = new();
    private readonly NcclLibrary _library;
    private readonly GpuDevice _device;
    private nint _communicator;
    private volatile bool _ended;

    /// <summary>An exchange that is yet to be connected.</summary>
    /// <param name="library">The library.</param>
    /// <param name="device">This rank's device.</param>
    public NcclExchange(NcclLibrary library, GpuDevice device)
    {
        _library = library;
        _device = device;
    }

    /// <summary>For messages: <c>libnccl.so.2, version 2.28.3</c>.</summary>
    public string Engine => _library.Path + ", version " + _library.VersionText;

    /// <summary>Connects with the other hosts, and adds up a number with them. Blocks until all have come, or it is ended.</summary>
    /// <param name="id">The communicator's id, the same on all hosts.</param>
    /// <param name="host">This host's number.</param>
    /// <param name="hosts">Number of hosts.</param>
    /// <exception cref="NcclException">They cannot be connected.</exception>
    /// <exception cref="GpuException">The device does not do its part.</exception>
    public void Connect(byte[] id, int host, int hosts)
    {
        var previous = _device.Driver.MakeCurrent(_device.Index);
        try
        {
            var communicator = _library.Join(id, host, hosts);
            lock (_calling)
            {
                _communicator = communicator;
            }

            if (_ended)
            {
                throw new NcclException("The other hosts do not wait any longer.");
            }

            Try(hosts);
        }
        catch
        {
            Abort();
            throw;
        }
        finally
        {
            _device.Driver.RestoreCurrent(previous);
        }
    }

    /// <summary>Enqueues the sum of what all hosts have.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="input">This host's.</param>
    /// <param name="output">Where the sum goes.</param>
    /// <param name="count">Number of elements, the same on all hosts.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="NcclException">The library refuses it, or the exchange was ended.</exception>
    public void AddUp(DataType type, nint input, nint output, long count, nint stream)
    {
        var previous = _device.Driver.MakeCurrent(_device.Index);
        try
        {
            lock (_calling)
            {
                if (_communicator == 0)
                {
                    throw new NcclException("The exchange between hosts was ended.");
                }

                _library.AllReduce(_communicator, type, input, output, count, stream);
            }
        }
        finally
        {
            _device.Driver.RestoreCurrent(previous);
        }
    }

    /// <summary>What has gone wrong on the way; null where nothing has.</summary>
    public NcclException? AsyncError()
    {
        if (!_calling.TryEnter(TimeSpan.Zero))
        {
            // A call is under way, and says so itself.
            return null;
        }

        try
        {
            return _communicator == 0 ? null : _library.AsyncError(_communicator);
        }
        finally
        {
            _calling.Exit();
        }
    }

    /// <summary>Ends everything that is under way, also on the device: what it writes is undefined. Blocks until it has ended.</summary>
    public void Abort() => End(_library.Abort);

    /// <summary>Disconnects. All that was enqueued has been done, on all hosts.</summary>
    public void Close() => End(_library.Destroy);

    private void End(Action<nint> end)
    {
        _ended = true;
        lock (_ending)
        {
            // A call that does not come back waits for hosts that are gone, and abortion is what gets it out.
            var hasEntered = _calling.TryEnter(CallLimit);
            try
            {
                var communicator = _communicator;
                _communicator = 0;
                if (communicator != 0)
                {
                    var previous = _device.Driver.MakeCurrent(_device.Index);
                    end(communicator);
                    _device.Driver.RestoreCurrent(previous);
                }
            }
            finally
            {
                if (hasEntered)
                {
                    _calling.Exit();
                }
            }
        }
    }

    /// <summary>A one of every host: connections are made when they are first used, and are to be there before calls are.</summary>
    private void Try(int hosts)
    {
        using var stream = _device.CreateStream();
        using var buffer = _device.Allocate<float>(1);
        buffer.CopyFrom([1f], stream);
        AddUp(DataType.Float32, buffer.Handle, buffer.Handle, 1, stream.Handle);
        Span<float> sum = [0f];
        buffer.CopyTo(sum, stream);
        if (sum[0] != hosts)
        {
            throw new NcclException(Engine + " adds up a one of each of " + hosts + " hosts to " + sum[0] + ".");
        }
    }
}
