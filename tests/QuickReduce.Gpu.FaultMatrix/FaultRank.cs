using System.Diagnostics;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>
/// One rank in a process of its own: goes through the cases with the others, and says, a line each, what it got. To every
/// case all ranks come together.
/// </summary>
public sealed class FaultRank : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A process may be started long before its turn.
    private static readonly TimeSpan LongestMatrix = TimeSpan.FromMinutes(10);

    private readonly RankEnvironment _environment;
    private readonly FaultSettings _settings;
    private readonly MomentDriver _driver;
    private readonly GpuDevice _device;
    private readonly HeldMemory _memory;
    private readonly SumOfRanks _sums = new();
    private readonly HashSet<string> _segments = [];
    private bool _hasHappened;

    private FaultRank(RankEnvironment environment, GpuDevice device, FaultSettings settings)
    {
        _environment = environment;
        _settings = settings;
        _driver = new MomentDriver(device.Driver);
        _device = GpuDevice.Of(_driver)[device.Index];
        _memory = new HeldMemory(_device, SumOfRanks.Count);
    }

    private bool IsCulprit => _environment.Rank == _settings.Culprit;

    /// <summary>Goes through the cases.</summary>
    /// <param name="environment">Which rank this is.</param>
    /// <param name="device">The rank's device.</param>
    /// <param name="arguments">What <see cref="FaultSettings.ToArguments"/> gives.</param>
    public static async Task RunAsync(RankEnvironment environment, GpuDevice device, IEnumerable<string> arguments)
    {
        using var rank = new FaultRank(environment, device, FaultSettings.Parse(arguments));
        Report.Write("device", device.Name);
        for (var number = rank._settings.First; number < rank._settings.Cases.Count; number++)
        {
            var what = rank._settings.Cases[number];
            var sums = rank.IsCulprit && what.EndsProcess ? null : rank._sums;
            await rank.MeetAsync(number, sums).ConfigureAwait(false);
            await rank.RunCaseAsync(number, what, sums).ConfigureAwait(false);
            Report.Write("done", number);
        }
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>
    /// Waits for all ranks, by forming a group that works: so that their time limits begin together, and no process has code
    /// to compile when they do.
    /// </summary>
    private async Task MeetAsync(int number, SumOfRanks? sums)
    {
        using var communicator = await GpuCommunicator.JoinAsync(HeldKernels.Kernels, _environment, new JoinOptions
        {
            GroupName = "case " + number,
            Timeout = LongestMatrix,
            Gpu = Options(FaultCalls.Blocks, Patience),
        }).ConfigureAwait(false);
        new FaultCalls(communicator, _memory, sums, default).Begin();
    }

    private async Task RunCaseAsync(int number, FaultCase what, SumOfRanks? sums)
    {
        _hasHappened = false;
        _driver.At = moment => Come(number, what, moment);
        var watch = Stopwatch.StartNew();
        var communicator = default(GpuCommunicator);
        var outcome = "right";
        try
        {
            Come(number, what, Moment.Arriving);
            if (IsCulprit && AwaitsOthers(what))
            {
                Arrivals.Await(number, _environment.WorldSize - 2);
            }

            communicator = await JoinAsync(number, what).ConfigureAwait(false);
            var calls = new FaultCalls(communicator, _memory, sums, what);
            calls.Begin();
            watch.Restart();
            if (IsCulprit && !what.IsAtRendezvous)
            {
                calls.Misbehave(() => Happen(number, what));
            }
            else
            {
                calls.GoOn(_settings.Limit + Patience);
            }
        }
        catch (QuickReduceException exception)
        {
            outcome = Report.Describe(exception);
        }
        catch (AccidentException)
        {
            // As a program that unwinds, whose kernels go on by themselves.
            outcome = "accident";
            _memory.Hold(0);
        }
        finally
        {
            Report.Write("ended", number, DateTime.UtcNow.Ticks, watch.ElapsedMilliseconds, outcome);
            communicator?.Dispose();
        }

        _driver.At = static _ => { };
        _memory.Stream.Synchronize();
        _memory.Hold(0);
        if (!IsCulprit && what.Expected.Notice != Notice.None)
        {
            await UseDeviceAsync(number).ConfigureAwait(false);
            Report.Write("usable", number);
        }
    }

    private static bool AwaitsOthers(FaultCase what) => what.Moment == Moment.Arriving && what.Expected.Notice == Notice.Prompt;

    private Task<GpuCommunicator> JoinAsync(int number, FaultCase what)
    {
        var differs = IsCulprit && what.Moment == Moment.Arriving;
        var environment = differs && what.Fault == Fault.Size
            ? new RankEnvironment(_environment.Rank, _environment.WorldSize + 1) { LocalRank = _environment.LocalRank }
            : _environment;

        // A rank that hangs is waited for, and what comes of it is what the others get: it waits for longer than they.
        var isLimited = what.IsAtRendezvous && what.Fault != Fault.Late && (!IsCulprit || what.Fault == Fault.Order);
        return GpuCommunicator.JoinAsync(HeldKernels.Kernels, environment, new JoinOptions
        {
            GroupName = (differs && what.Fault == Fault.Order ? "other group " : "group ") + number,
            MissingRanks = IsCulprit || !AwaitsOthers(what) ? null : new Arrivals(number, _environment.Rank),
            Timeout = isLimited ? _settings.JoinLimit : Patience,
            Gpu = Options(differs && what.Fault == Fault.Regime ? 1 : FaultCalls.Blocks, what.Expected.Notice == Notice.AtLimit ? _settings.Limit : Patience),
        });
    }

    private GpuGroupOptions Options(int blocks, TimeSpan limit) => new()
    {
        Devices = [_device],
        LibraryDirectory = _settings.CodeDirectory,
        Timeout = limit,
        MaxBlocks = blocks,
    };

    /// <summary>This rank has come to a moment of the rendezvous.</summary>
    private void Come(int number, FaultCase what, Moment moment)
    {
        if (moment == Moment.Loading && Leftovers.MappedSegments().FirstOrDefault() is { } segment && _segments.Add(segment))
        {
            Report.Write("segment", segment);
        }

        if (IsCulprit && what.Moment == moment && !_hasHappened)
        {
            _hasHappened = true;
            Happen(number, what);
        }
    }

    private void Happen(int number, FaultCase what)
    {
        Report.Write("fault", number, DateTime.UtcNow.Ticks);
        switch (what.Fault)
        {
            case Fault.Late:
                Thread.Sleep(_settings.Lateness);
                break;
            case Fault.Exception when what.Moment is Moment.Loading or Moment.Trading:
                throw new GpuException(GpuProblem.DriverError, "an accident of the driver's");
            case Fault.Exception:
                throw new AccidentException();
            case Fault.Never when !what.IsAtRendezvous:
                break;
            default:
                Accident.Happen(what.Fault.ToString().ToLowerInvariant());
                break;
        }
    }

    /// <summary>The device and the process are as good as before: the ranks that are left all-reduce, or one with itself.</summary>
    private async Task UseDeviceAsync(int number)
    {
        if (_environment.WorldSize > 2)
        {
            var left = _environment.Without(_settings.Culprit);
            using var communicator = await GpuCommunicator.JoinAsync(HeldKernels.Kernels, left, new JoinOptions
            {
                GroupName = "left " + number,
                Timeout = Patience,
                Gpu = Options(FaultCalls.Blocks, Patience),
            }).ConfigureAwait(false);
            new FaultCalls(communicator, _memory, _sums, default).Begin();
            return;
        }

        using var other = new HeldMemory(_device, SumOfRanks.Count);
        HeldMemory[] memory = [_memory, other];
        using var group = GpuGroup.Create(HeldKernels.Kernels, 2, new GpuGroupOptions { Devices = [_device, _device], LibraryDirectory = _settings.CodeDirectory, Timeout = Patience });
        for (var rank = 0; rank < 2; rank++)
        {
            memory[rank].Write(SumOfRanks.Message(rank));
            memory[rank].SpoilOutput();
            group[rank].AllReduce(DataType.Float16, memory[rank].Input, memory[rank].Output, SumOfRanks.Count, QuantRegime.Int4, memory[rank].Stream.Handle);
        }

        group.Synchronize(Patience);
        if (!memory.All(one => one.Holds(_sums.Of(QuantRegime.Int4, 2))))
        {
            throw new InvalidOperationException("A result differs.");
        }
    }
}

/// <summary>An exception of the rank's program.</summary>
internal sealed class AccidentException() : Exception("an accident");
