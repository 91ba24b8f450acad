using QuickReduce.Collectives;
using QuickReduce.Collectives.Gpu;

namespace QuickReduce;

/// <content>How groups are created, fail, and end.</content>
public sealed partial class GpuGroup
{
    /// <summary>Creates a group: loads its kernels, allocates its workspaces, and connects the devices.</summary>
    /// <param name="kernels">The kernels to run.</param>
    /// <param name="worldSize">Number of ranks: one that <paramref name="kernels"/> declares variants for.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="kernels"/> is null.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or the devices do not go together.</exception>
    /// <exception cref="VariantNotDeclaredException">No variant has this number of ranks, or is what the policy asks for.</exception>
    /// <exception cref="TuningProfileException">The policy's profile was made on another machine.</exception>
    /// <exception cref="NativeLibraryException">A code object is missing, damaged or stale, or a device refuses it.</exception>
    /// <exception cref="KernelCompilationException">There is no code object for a device, and its compiler refuses the kernels.</exception>
    /// <exception cref="EnvironmentSettingException">A variable of the cache of compiled kernels has an impossible value.</exception>
    /// <exception cref="GpuException">
    /// There are not enough devices, or they cannot access each other, or the kernels cannot be resident together.
    /// </exception>
    public static GpuGroup Create(KernelSet kernels, int worldSize, GpuGroupOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        options ??= new GpuGroupOptions();
        options.Validate();
        kernels.RequireWorldSize(worldSize);
        return new GpuGroup(kernels, GpuTopology.Connect(options.Devices, worldSize), options);
    }

    /// <summary>Waits until the devices have done everything that was enqueued, also outside of this group.</summary>
    /// <param name="timeout">
    /// How long. After it, kernels that still wait are released and the group fails, as it does when a rank does not call.
    /// </param>
    /// <exception cref="RankTimeoutException">The time was over.</exception>
    /// <exception cref="GpuException">Work that was enqueued failed.</exception>
    /// <exception cref="ObjectDisposedException">The group is disposed.</exception>
    public void Synchronize(TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var idle = Task.WhenAll(_devices.Distinct().Select(static device => Task.Run(device.Synchronize)));
        if (Task.WaitAny([idle], timeout) < 0)
        {
            FailOverdue(_ledger.RanksBehind());
        }
        else
        {
            idle.GetAwaiter().GetResult();
        }

        if (_failure is { } failure)
        {
            throw failure.For(CallFailure.WholeGroup);
        }
    }

    /// <summary>
    /// Makes the group usable again after it failed: waits until the devices are idle, and starts all ranks afresh. To be
    /// called by one thread, when no rank is in a call and all ranks know of the failure.
    /// </summary>
    /// <exception cref="GpuException">The devices do not become idle, or are lost.</exception>
    /// <exception cref="ObjectDisposedException">The group is disposed.</exception>
    public void Reset()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ReleaseKernels(grace: _failure is null ? GraceTime : TimeSpan.Zero);
            _workspaces.Reset();
            _ledger.Clear();
            Array.Clear(_lastStream);
            _failure = null;
        }
    }

    /// <summary>
    /// Ends the group: waits for its kernels, releasing those that wait for ranks which will not come, and frees its memory.
    /// No rank may be in a call, and graphs with captured calls must not be launched any more.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _watchdog?.Dispose();
            try
            {
                ReleaseKernels(grace: _failure is null ? GraceTime : TimeSpan.Zero);
                _workspaces.Dispose();
                _kernels.Dispose();
            }
            catch (GpuException exception) when (exception.Problem == GpuProblem.DeviceLost)
            {
                // Nothing on it can be released any more.
            }
        }
    }

    /// <summary>Flags and epochs of all ranks, for whoever looks into a hang.</summary>
    internal string DescribeWorkspaces() => _workspaces.Describe();

    private void ReleaseKernels(TimeSpan grace)
    {
        // What the release itself ran into, the next attempt runs into as well.
        _ = Task.WaitAny(_release);
        if (!_workspaces.ReleaseKernels(grace, ReleaseTimeout))
        {
            throw new GpuException(GpuProblem.DeviceBusy, "The devices of " + Kernels.Name + "'s group did not become idle within " + ReleaseTimeout.TotalSeconds + " s, although its kernels were told not to wait. Something else keeps them busy.");
        }
    }

    private void LookForOverdueRanks()
    {
        if (_failure is null && !_disposed && _ledger.OverdueRanks(_timeout) is { Length: > 0 } missing)
        {
            FailOverdue(missing);
        }
    }

    private void FailOverdue(int[] missing) => Fail(rank => new RankTimeoutException(
        missing,
        CallFailure.Addressee(rank) + " cannot all-reduce: " + (missing.Length == 0 ? "work was enqueued that did not end in time" : "ranks " + string.Join(", ", missing) + " did not call in time")
            + ". What was in flight is undefined. Call GpuGroup.Reset once all ranks know."));

    private RankMismatchException FailMismatch(int rank, GpuKernel kernel, long count, in CallLedger.Call first)
    {
        var what = "rank " + first.Rank + ": " + first.Count + " elements of " + _kernels.All[first.Kernel].Variant + "; rank " + rank + ": " + count + " elements of " + kernel.Variant;
        Fail(Mismatch);
        return Mismatch(rank);

        RankMismatchException Mismatch(int addressee) => new(
            CallFailure.Addressee(addressee) + " cannot all-reduce: the ranks asked for different all-reduces (" + what
                + "). All must pass the same element type, regime, group size, scale format and length, and make their calls in the same order. What was in flight is undefined. Call GpuGroup.Reset once all ranks know.");
    }

    // The other ranks' kernels would wait for this one's for ever.
    private void FailLaunch(int rank, GpuException exception)
    {
        _ledger.Withdraw(rank);
        Fail(other => other == rank
            ? exception
            : new RankFailedException(rank, "Rank " + other + " cannot all-reduce: rank " + rank + "'s kernel could not be launched. Call GpuGroup.Reset once all ranks know.", exception));
    }

    /// <summary>Lets the group fail, and the kernels that wait go on.</summary>
    private void Fail(Func<int, Exception> exceptionFor)
    {
        lock (_gate)
        {
            if (_failure is not null || _disposed)
            {
                return;
            }

            _failure = new CallFailure(exceptionFor);

            // On another thread: this one may be capturing a stream, and the driver forbids much to it then.
            _release = Task.Run(() => _workspaces.ReleaseKernels(grace: TimeSpan.Zero, ReleaseTimeout));
        }
    }
}
