using QuickReduce.Benchmarks;

// quick [suite…]       stopwatch medians in this process: runs anywhere, also as a native executable
// rank REGIME BYTES…   one rank of a job, timed: what mpirun starts for the suite "processes"
// shared-rank …        the same, with buffers in memory that the ranks share
// join                 one rank that joins a group and tells when: for the suite "forming"
// anything else        BenchmarkDotNet, with its own options (--filter …)
IQuickSuite[] suites =
[
    new QuickCodecs(), new QuickLoss(), new QuickFullPrecision(), new QuickAllReduce(), new QuickMpi(), new QuickProcesses(), new QuickForming(),
#if !QUICK_ONLY
    new QuickGenerator(),
#endif
];

if (args is ["quick", .. var names])
{
    return Quick.Run(suites, names);
}

if (args is ["rank" or "shared-rank", var regime, .. var sizes])
{
    return await ProcessRank.RunAsync(Enum.Parse<QuickReduce.QuantRegime>(regime), args[0] == "shared-rank", sizes.Select(size => long.Parse(size, System.Globalization.CultureInfo.InvariantCulture)));
}

if (args is ["join"])
{
    return await ProcessRank.JoinAsync();
}

#if QUICK_ONLY
Console.Error.WriteLine("This build has the quick mode only: quick [" + string.Join("|", suites.Select(suite => suite.Name)) + "]");
return 2;
#else
BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Quick).Assembly).Run(args);
return 0;
#endif
