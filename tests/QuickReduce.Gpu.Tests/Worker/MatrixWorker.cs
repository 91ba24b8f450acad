using QuickReduce.Gpu.FaultMatrix;

namespace QuickReduce.Gpu.Tests.Worker;

/// <summary>A rank that goes through the cases of the matrix of faults.</summary>
internal static class MatrixWorker
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(StandInDriver driver, RankEnvironment environment, IEnumerable<string> arguments)
    {
        await FaultRank.RunAsync(environment, driver.Devices[0], arguments);

        // Memory that a stopped process had mapped is freed once that is killed, in the background.
        SpinWait.SpinUntil(() => driver.Alive == 0, Patience);
    }
}
