namespace QuickReduce.Generators.Tests.Support;

/// <summary>The run-time types that generated code calls, until the QuickReduce assembly has them.</summary>
internal static class RuntimeStub
{
    public const string Source = """
        #nullable enable
        using System;
        using System.Collections.Generic;
        using System.Threading;
        using System.Threading.Tasks;

        namespace QuickReduce;

        public readonly struct BFloat16;
        public sealed class KernelSet { public KernelSet(string name, IReadOnlyList<KernelVariant> variants, IReadOnlyList<KernelUnit> units) { } }
        public sealed record KernelUnit(string Name, string SourceId);
        public enum DeviceKind { Auto, Managed, Host }
        public sealed class GroupOptions;

        public sealed class AllReduceGroup : IDisposable
        {
            public static AllReduceGroup Create(KernelSet kernels, int worldSize, GroupOptions? options = null) => throw new NotSupportedException();
            public int WorldSize => 0;
            public DeviceKind Device => default;
            public AllReduceRank this[int rank] => default;
            public void AllReduce<T>(QuantRegime regime, ReadOnlySpan<ReadOnlyMemory<T>> inputs, ReadOnlySpan<Memory<T>> outputs) where T : unmanaged { }
            public Task RunAsync(Action<AllReduceRank> body, CancellationToken cancellationToken = default) => Task.CompletedTask;
            public void Dispose() { }
        }

        public readonly struct AllReduceRank
        {
            public int Index => 0;
            public int WorldSize => 0;
            public void AllReduce<T>(QuantRegime regime, ReadOnlySpan<T> input, Span<T> output) where T : unmanaged { }
        }
        """;
}
