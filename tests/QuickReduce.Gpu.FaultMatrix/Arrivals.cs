namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>
/// Tells a rank that is to spoil the rendezvous when the others have been let in, so that all are there to hear of it: a file
/// for each in the directory where they meet, which that rank deletes. Rank 0, which lets them in, has none.
/// </summary>
internal sealed class Arrivals(int number, int rank) : IProgress<IReadOnlyList<int>>
{
    private static readonly string Place = Environment.GetEnvironmentVariable(RankProcess.DirectoryVariable)!;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits for them.</summary>
    /// <param name="number">The case.</param>
    /// <param name="ranks">How many are to come.</param>
    public static void Await(int number, int ranks)
    {
        if (SpinWait.SpinUntil(() => Files(number).Length >= ranks, Patience))
        {
            Array.ForEach(Files(number), File.Delete);
        }
    }

    /// <summary>Rank 0 tells those that it has let in who is still missing.</summary>
    public void Report(IReadOnlyList<int> value)
    {
        if (rank != 0 && !value.Contains(0))
        {
            File.WriteAllText(Name(number, rank.ToString(System.Globalization.CultureInfo.InvariantCulture)), string.Empty);
        }
    }

    private static string[] Files(int number) => Directory.GetFiles(Place, Path.GetFileName(Name(number, "*")));

    private static string Name(int number, string rank) => Path.Combine(Place, "arrived-" + number + "-" + rank);
}
