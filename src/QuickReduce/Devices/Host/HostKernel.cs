namespace QuickReduce.Devices.Host;

/// <summary>
/// One generated kernel on this processor. Between its phases nothing but memory carries over, so running a phase for
/// all ranks, then the next, stands in for the flags that ranks exchange on a device: same text, same bits, no waiting.
/// </summary>
internal sealed unsafe class HostKernel : VariantKernel
{
    private const uint Slot = 0;

    private const int PhasesOfTwoShot = 3;
    private const int PhasesOfOthers = 2;

    private readonly int _worldSize;
    private readonly int _tileElements;
    private readonly long _workspaceBytes;
    private readonly delegate* unmanaged<HostPhaseArguments*, uint, uint, void>[] _phases;

    public HostKernel(KernelVariant variant, HostLibrary library, long workspaceBytes)
        : base(variant)
    {
        _worldSize = variant.WorldSize;
        _tileElements = new KernelGeometry(variant).ElementsPerTile;
        _workspaceBytes = workspaceBytes;
        _phases = new delegate* unmanaged<HostPhaseArguments*, uint, uint, void>[
            variant.Algorithm == AllReduceAlgorithm.TwoShot ? PhasesOfTwoShot : PhasesOfOthers];
        for (var i = 0; i < _phases.Length; i++)
        {
            _phases[i] = (delegate* unmanaged<HostPhaseArguments*, uint, uint, void>)library.EntryPoint(
                variant.KernelName + "_phase" + (i + 1), LibraryUse.OfAllReduce(variant.ToString()));
        }
    }

    public override int StepElements => _tileElements;

    public override void Run(in CallBuffers call, nint first, nint count, byte* scratch)
    {
        var arguments = stackalloc HostPhaseArguments[KernelGeometry.MaxWorldSize];
        for (var rank = 0; rank < _worldSize; rank++)
        {
            arguments[rank] = new HostPhaseArguments
            {
                Input = call.Input(rank),
                Output = call.Output(rank),
                Workspace = scratch + rank * _workspaceBytes,
                ElementCount = (ulong)call.ElementCount,
                Rank = (uint)rank,
            };
        }

        var firstTile = (uint)(first / _tileElements);
        var tiles = (uint)((count + _tileElements - 1) / _tileElements);
        for (var tile = firstTile; tile < firstTile + tiles; tile++)
        {
            foreach (var phase in _phases)
            {
                RunPhase(phase, arguments, tile);
            }
        }
    }

    private void RunPhase(delegate* unmanaged<HostPhaseArguments*, uint, uint, void> phase, HostPhaseArguments* arguments, uint tile)
    {
        for (var rank = 0; rank < _worldSize; rank++)
        {
            phase(arguments + rank, tile, Slot);
        }
    }
}
