using System.Runtime.InteropServices;
using QuickReduce.Integration.Kernels;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Integration.Tests;

/// <summary>
/// The generated kernels, compiled for this CPU, over memory that ranks share as processes do: the bits of the managed
/// backend, through the typed members for one process per rank.
/// </summary>
public sealed class ProcessRankTests : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(120);
    private static readonly int[] Counts = [0, 1, 33, 2047, 16385, 40001, 500_000];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quickreduce-ranks-");

    public void Dispose() => _directory.Delete(recursive: true);

    [RequiresProgramsTheory("clang++-22")]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task GeneratedKernelsGiveTheBitsOfTheManagedBackend(int worldSize)
    {
        using var managed = DefaultKernels.CreateGroup((DefaultKernels.WorldSize)worldSize, new GroupOptions { Device = DeviceKind.Managed });
        var options = new JoinOptions { RuntimeDirectory = _directory.FullName, Group = new GroupOptions { Device = DeviceKind.Host } };
        var ranks = await Task.WhenAll(Enumerable.Range(0, worldSize).Select(rank => DefaultKernels.JoinAsync(new RankEnvironment(rank, worldSize), options))).WaitAsync(Hang);
        Assert.All(ranks, rank => Assert.Equal(DeviceKind.Host, rank.Device));

        // All regimes with one set of regions, one after the other and long after short: geometries change between calls.
        var random = new Random(worldSize);
        foreach (var count in Counts.Concat(Counts.Reverse()))
        {
            foreach (var regime in Enum.GetValues<DefaultKernels.Regime>())
            {
                var messages = Messages.AnyBits(random, worldSize, count);
                var expected = messages.Select(_ => new Half[count]).ToArray();
                managed.AllReduce(
                    messages.Select(message => (ReadOnlyMemory<Half>)MemoryMarshal.Cast<ushort, Half>(message).ToArray()).ToArray(),
                    expected.Select(output => output.AsMemory()).ToArray(),
                    regime);
                var outputs = await AllReduceAsync(worldSize, messages, (rank, input, output) => ranks[rank].AllReduce(input, output, regime));
                Assert.All(outputs, output => Assert.True(
                    MemoryMarshal.AsBytes(expected[0].AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(output.AsSpan())), $"{regime} differs at {count} elements"));

                // Allocating goes through the regions too, in which the generated kernels keep addresses.
                outputs = await AllReduceAsync(worldSize, messages, (rank, input, output) =>
                {
                    using var shared = ranks[rank].AllocateShared<Half>(count);
                    input.CopyTo(shared.Span);
                    ranks[rank].AllReduce(shared, regime);
                    shared.Span.CopyTo(output);
                });
                Assert.All(outputs, output => Assert.True(
                    MemoryMarshal.AsBytes(expected[0].AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(output.AsSpan())), $"{regime} differs at {count} elements in shared buffers"));
            }
        }

        Array.ForEach(ranks, rank => rank.Dispose());
    }

    [RequiresProgramsTheory("clang++-22")]
    [InlineData(2, AllReduceAlgorithm.OneShot)]
    [InlineData(5, AllReduceAlgorithm.OneShot)]
    [InlineData(7, AllReduceAlgorithm.TwoShot)]
    public async Task EitherAlgorithmGivesTheBitsOfTheManagedBackend(int worldSize, AllReduceAlgorithm algorithm)
    {
        using var managed = AllReduceGroup.Create(WideKernels.Kernels, worldSize, new GroupOptions { Device = DeviceKind.Managed, Algorithm = algorithm });
        var options = new JoinOptions { RuntimeDirectory = _directory.FullName, Group = new GroupOptions { Device = DeviceKind.Host, Algorithm = algorithm } };
        var ranks = await Task.WhenAll(Enumerable.Range(0, worldSize).Select(rank => Communicator.JoinAsync(WideKernels.Kernels, new RankEnvironment(rank, worldSize), options))).WaitAsync(Hang);
        var random = new Random(worldSize);
        foreach (var count in Counts)
        {
            var messages = Messages.AnyBits(random, worldSize, count);
            var expected = messages.Select(_ => new Half[count]).ToArray();
            managed.AllReduce<Half>(
                QuantRegime.Int5,
                messages.Select(message => (ReadOnlyMemory<Half>)MemoryMarshal.Cast<ushort, Half>(message).ToArray()).ToArray(),
                expected.Select(output => output.AsMemory()).ToArray());
            var outputs = await AllReduceAsync(worldSize, messages, (rank, input, output) => ranks[rank].AllReduce<Half>(QuantRegime.Int5, input, output));
            Assert.All(outputs, output => Assert.True(
                MemoryMarshal.AsBytes(expected[0].AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(output.AsSpan())), $"It differs at {count} elements"));
        }

        Array.ForEach(ranks, rank => rank.Dispose());
    }

    /// <summary>All-reduces with every rank on a thread of its own.</summary>
    private static Task<Half[][]> AllReduceAsync(int worldSize, ushort[][] messages, Action<int, Half[], Half[]> allReduce) =>
        Task.WhenAll(Enumerable.Range(0, worldSize).Select(rank => Task.Factory.StartNew(
            () =>
            {
                var output = new Half[messages[rank].Length];
                allReduce(rank, MemoryMarshal.Cast<ushort, Half>(messages[rank]).ToArray(), output);
                return output;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).WaitAsync(Hang);
}
