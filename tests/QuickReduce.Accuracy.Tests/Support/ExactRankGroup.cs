namespace QuickReduce.Accuracy.Tests.Support;

/// <summary>Ranks whose partial sums are added up in double precision, by nothing of QuickReduce's.</summary>
internal sealed class ExactRankGroup(int worldSize) : IRankGroup
{
    private readonly float[]?[] _partialSums = new float[worldSize][];
    private readonly Barrier _barrier = new(worldSize);

    public int WorldSize => worldSize;

    public Task RunAsync(Action<int, IPartialSums> body, CancellationToken cancellationToken) => Task.WhenAll(
        Enumerable.Range(0, worldSize).Select(rank => Task.Factory.StartNew(
            () => body(rank, new PartialSums(this, rank)), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    public void Dispose() => _barrier.Dispose();

    private sealed class PartialSums(ExactRankGroup group, int rank) : IPartialSums
    {
        public void AllReduce(Span<float> partialSums)
        {
            group._partialSums[rank] = partialSums.ToArray();
            group._barrier.SignalAndWait();
            for (var i = 0; i < partialSums.Length; i++)
            {
                var sum = 0.0;
                foreach (var addend in group._partialSums)
                {
                    sum += addend![i];
                }

                partialSums[i] = (float)sum;
            }

            group._barrier.SignalAndWait();
        }
    }
}
