using QuickReduce.Benchmarks;

// quick [suite…]   stopwatch medians in this process: runs anywhere, also as a native executable
// anything else    BenchmarkDotNet, with its own options (--filter …)
IQuickSuite[] suites =
[
    new QuickCodecs(), new QuickLoss(), new QuickFullPrecision(), new QuickAllReduce(), new QuickMpi(),
#if !QUICK_ONLY
    new QuickGenerator(),
#endif
];

if (args is ["quick", .. var names])
{
    return Quick.Run(suites, names);
}

#if QUICK_ONLY
Console.Error.WriteLine("This build has the quick mode only: quick [" + string.Join("|", suites.Select(suite => suite.Name)) + "]");
return 2;
#else
BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Quick).Assembly).Run(args);
return 0;
#endif
