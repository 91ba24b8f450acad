namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>What ranks send, and what the managed backend makes of it.</summary>
internal sealed class SumOfRanks
{
    /// <summary>Elements of a message: a few tiles for each block, the last of them in part.</summary>
    public const int Count = 30_001;

    private const int Seed = 17;

    private readonly Dictionary<(QuantRegime Regime, int WorldSize), Half[]> _sums = [];

    /// <summary>A rank's message.</summary>
    public static Half[] Message(int rank)
    {
        var random = new Random(Seed + rank);
        return [.. Enumerable.Range(0, Count).Select(_ => (Half)MathF.ScaleB(random.NextSingle() - 0.5f, random.Next(-6, 7)))];
    }

    /// <summary>The sum of all ranks' messages.</summary>
    public Half[] Of(QuantRegime regime, int worldSize)
    {
        if (!_sums.TryGetValue((regime, worldSize), out var sum))
        {
            var messages = Enumerable.Range(0, worldSize).Select(Message).ToArray();
            using var group = AllReduceGroup.Create(HeldKernels.Kernels, worldSize, new GroupOptions { Device = DeviceKind.Managed });
            group.AllReduce<Half>(regime, [.. messages.Select(static message => (ReadOnlyMemory<Half>)message)], [.. messages.Select(static message => (Memory<Half>)message)]);
            _sums.Add((regime, worldSize), sum = messages[0]);
        }

        return sum;
    }
}
