using System.Globalization;
using QuickReduce.Emulation.Execution;
using QuickReduce.Emulation.Instructions;
using QuickReduce.Emulation.Memory;

namespace QuickReduce.Emulation.Scheduling;

/// <summary>
/// Runs the waves of all dispatches, interleaved at random: which wave, for how long, who stalls, and when what they write
/// is seen, all decided by one seed. Not thread-safe.
/// </summary>
internal sealed class Machine
{
    private const int InstructionsPerDrift = 128;

    private readonly EmulationOptions _options;
    private readonly double[] _room;
    private readonly int[] _resident;
    private readonly List<Dispatch> _dispatches = [];
    private readonly List<Wave> _waves = [];
    private long _changesSeen;
    private int _number;

    public Machine(EmulationOptions options)
    {
        _options = options;
        Random = new SeededRandom(options.Seed);
        ApproximationSeed = SeededRandom.Mix(options.Seed + 1);
        Memory = new VectorMemory(Space, new SeededRandom(SeededRandom.Mix(options.Seed + 2)), options.WeakMemory);
        _room = new double[options.Devices];
        _resident = new int[options.Devices];
        Array.Fill(_room, options.ComputeUnits);
    }

    public AddressSpace Space { get; } = new();

    public VectorMemory Memory { get; }

    public SeededRandom Random { get; }

    /// <summary>Decides the errors of approximating instructions.</summary>
    public ulong ApproximationSeed { get; }

    /// <summary>Instructions executed so far, and time that passed while all stalled.</summary>
    public long Clock { get; private set; }

    /// <summary>Instructions executed so far.</summary>
    public long Instructions { get; private set; }

    /// <summary>Workgroups run to their end so far.</summary>
    public long Workgroups { get; private set; }

    /// <summary>Instructions that were executed when anything happened last that gets somebody further.</summary>
    public long LastProgress { get; private set; }

    public bool IsIdle => _dispatches.Count == 0;

    /// <summary>Puts a grid on a device; its workgroups become resident as there is room.</summary>
    public Dispatch Start(LoadedKernel kernel, int device, int blocks, int blockSize, ulong argumentAddress, ulong packetAddress)
    {
        var dispatch = new Dispatch(this, kernel, device, blocks, blockSize, _number++)
        {
            ArgumentAddress = argumentAddress,
            PacketAddress = packetAddress,
            RoomOfBlock = 1.0 / int.Max(1, kernel.BlocksPerComputeUnit(blockSize)),
        };
        if (_options.Skew)
        {
            Stall(dispatch);
        }

        _dispatches.Add(dispatch);
        NoteProgress();
        return dispatch;
    }

    /// <summary>Runs until a number of instructions is executed or a dispatch is complete.</summary>
    /// <exception cref="EmulationException">A kernel did something that it may not do.</exception>
    public void Run(int instructions)
    {
        var end = Instructions + instructions;
        var running = _dispatches.Count;
        while (Instructions < end && _dispatches.Count == running && running > 0)
        {
            AdmitWorkgroups();
            var wave = Choose();
            var before = Instructions;
            RunWave(wave, Quantum());
            Memory.Now = Clock;
            if (_options.WeakMemory && Random.Next(InstructionsPerDrift) < Instructions - before)
            {
                Memory.Drift();
            }

            if (Memory.Changes != _changesSeen)
            {
                _changesSeen = Memory.Changes;
                NoteProgress();
            }
        }
    }

    /// <summary>Where every wave is that has not ended, for whoever looks into a hang.</summary>
    public string Describe()
    {
        const int Most = 8;
        var places = _waves
            .GroupBy(static wave => (wave.Workgroup.Dispatch.Kernel.Name, wave.Workgroup.Dispatch.Device, wave.ProgramCounter, wave.State))
            .OrderBy(static place => place.Key.Device)
            .Select(static place => place.Count() + " of " + place.Key.Name + " on device " + place.Key.Device
                + (place.Key.State == WaveState.AtBarrier ? " at a barrier" : string.Empty) + " before " + Place(place.First()))
            .ToList();
        var waiting = _dispatches.Sum(static dispatch => dispatch.Blocks - dispatch.NextBlock);
        return "waves: " + string.Join("; ", places.Take(Most)) + (places.Count > Most ? "; …" : string.Empty)
            + (waiting > 0 ? "; " + waiting + " workgroups are not resident for want of room" : string.Empty);
    }

    private static string Place(Wave wave) => Place(wave.Workgroup.Dispatch.Kernel, wave.ProgramCounter);

    private static string Place(LoadedKernel kernel, int address)
    {
        var instruction = kernel.Module.At(address);
        return "0x" + (address - kernel.Entry).ToString("x", CultureInfo.InvariantCulture) + " (" + (instruction is null ? "outside of the code" : instruction.ToString()) + ")";
    }

    private void AdmitWorkgroups()
    {
        foreach (var dispatch in _dispatches)
        {
            ref var room = ref _room[dispatch.Device];
            ref var resident = ref _resident[dispatch.Device];
            while (dispatch.NextBlock < dispatch.Blocks && room > dispatch.RoomOfBlock - 1e-9
                && (_options.MaxResidentBlocks == 0 || resident < _options.MaxResidentBlocks))
            {
                var workgroup = new Workgroup(dispatch, dispatch.NextBlock++);
                room -= dispatch.RoomOfBlock;
                resident++;
                _waves.AddRange(workgroup.Waves);
                NoteProgress();
            }
        }
    }

    private Wave Choose()
    {
        const int Tries = 4;
        for (var i = 0; i < Tries; i++)
        {
            if (_waves[Random.Next(_waves.Count)] is var wave && CanRun(wave))
            {
                return wave;
            }
        }

        var start = Random.Next(_waves.Count);
        for (var i = 0; i < _waves.Count; i++)
        {
            if (_waves[(start + i) % _waves.Count] is var wave && CanRun(wave))
            {
                return wave;
            }
        }

        // All that could run stall: time passes until the first no longer does.
        var next = _waves.Where(static wave => wave.State == WaveState.Running).MinBy(static wave => long.Max(wave.StalledUntil, wave.Workgroup.Dispatch.StalledUntil))!;
        Clock = long.Max(next.StalledUntil, next.Workgroup.Dispatch.StalledUntil);
        return next;
    }

    private bool CanRun(Wave wave) => wave.State == WaveState.Running && wave.StalledUntil <= Clock && wave.Workgroup.Dispatch.StalledUntil <= Clock;

    private int Quantum() => 1 + Random.Next(_options.Skew && Random.Chance(16) ? 2048 : 64);

    private void Stall(Dispatch dispatch) => dispatch.StalledUntil = Clock + Random.Next(1 << Random.Next(18));

    private void RunWave(Wave wave, int instructions)
    {
        if (_options.Skew && Random.Chance(64))
        {
            wave.StalledUntil = Clock + Random.Next(1 << Random.Next(15));
            if (Random.Chance(32))
            {
                Stall(wave.Workgroup.Dispatch);
            }
        }

        var module = wave.Workgroup.Dispatch.Kernel.Module;
        var executed = 0;
        Instruction? instruction = null;
        try
        {
            wave.Yields = false;
            while (executed < instructions && !wave.Yields)
            {
                instruction = module.At(wave.ProgramCounter) ?? throw new Fault(EmulationProblem.Trap, "the program counter left the code");
                executed++;
                wave.Begin();
                wave.ProgramCounter += 4 * instruction.Words;
                instruction.Operation.Execute(wave, instruction);
                if (wave.State != WaveState.Running)
                {
                    break;
                }
            }
        }
        catch (Fault fault)
        {
            throw Failure(wave, instruction?.Address ?? wave.ProgramCounter, fault.Problem, fault.Message, fault);
        }
        catch (UnknownInstructionException unknown)
        {
            throw Failure(wave, unknown.Address, EmulationProblem.UnknownInstruction, unknown.Message, unknown);
        }
        finally
        {
            Clock += executed;
            Instructions += executed;
        }

        if (wave.State != WaveState.Running)
        {
            Stopped(wave);
        }
    }

    private void Stopped(Wave wave)
    {
        if (wave.State == WaveState.Ended)
        {
            wave.AbandonAccesses();
            _waves.Remove(wave);
            NoteProgress();
        }

        var workgroup = wave.Workgroup;
        if (!workgroup.HasEnded)
        {
            if (workgroup.ReleaseBarrier())
            {
                NoteProgress();
            }

            return;
        }

        var dispatch = workgroup.Dispatch;
        _room[dispatch.Device] += dispatch.RoomOfBlock;
        _resident[dispatch.Device]--;
        Workgroups++;
        dispatch.EndedBlocks++;
        workgroup.Dispose();
        dispatch.Finished.Add(workgroup);
        if (dispatch.IsComplete)
        {
            // The end of a kernel makes all its stores visible.
            dispatch.Finished.ForEach(Memory.Flush);
            _dispatches.Remove(dispatch);
        }
    }

    private void NoteProgress() => LastProgress = Instructions;

    private static EmulationException Failure(Wave wave, int address, EmulationProblem problem, string what, Exception inner)
    {
        var dispatch = wave.Workgroup.Dispatch;
        string place;
        try
        {
            place = Place(dispatch.Kernel, address);
        }
        catch (UnknownInstructionException)
        {
            place = "0x" + (address - dispatch.Kernel.Entry).ToString("x", CultureInfo.InvariantCulture);
        }

        return new EmulationException(problem, dispatch.Kernel.Name + " on device " + dispatch.Device + ", block " + wave.Workgroup.Index + ", wave " + wave.Index + ", at " + place + ": " + what + ".", inner);
    }
}
