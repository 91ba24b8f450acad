namespace QuickReduce.Benchmarks;

/// <summary>The generator: rendering in a warm compiler, and what an edit elsewhere costs.</summary>
internal sealed class QuickGenerator : IQuickSuite
{
    private static readonly int[] ClassCounts = [0, 1, 100, 1000];
    private static readonly (int Regimes, int BlockSizes)[] Products = [(1, 1), (4, 1), (8, 1), (8, 2), (8, 4)];

    public string Name => "generator";

    public void Run(TextWriter output)
    {
        output.WriteLine("Milliseconds, warm, one thread; empty: a generator that looks for the same attributes and does nothing");
        output.WriteLine(Quick.Head("generate everything", "total", "per variant"));
        foreach (var (regimes, blockSizes) in Products)
        {
            var variants = 2 * regimes * 3 * blockSizes;
            var work = GeneratorWork.WithVariants(regimes, blockSizes);
            var milliseconds = 1e3 * Quick.MedianSeconds(() => work.Generate());
            output.WriteLine(Quick.Row(variants + " variants", milliseconds, milliseconds / variants));
        }

        output.WriteLine();
        output.WriteLine(Quick.Head("an edit elsewhere", "total", "empty"));
        foreach (var count in ClassCounts)
        {
            output.WriteLine(Quick.Row(count + " annotated classes", EditMilliseconds(count, driverAlone: false), EditMilliseconds(count, driverAlone: true)));
        }
    }

    private static double EditMilliseconds(int classes, bool driverAlone)
    {
        var work = GeneratorWork.WithClasses(classes, driverAlone);
        work.Prepare();
        return 1e3 * Quick.MedianSeconds(work.EditElsewhere);
    }
}
