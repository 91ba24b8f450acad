using System.CommandLine;
using System.CommandLine.Invocation;
using QuickReduce.Cli.Accuracy;
using QuickReduce.Cli.Cache;
using QuickReduce.Cli.Bench;
using QuickReduce.Cli.Bench.Cpu;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Cli.Completion;
using QuickReduce.Cli.Doctor;
using QuickReduce.Cli.Emit;
using QuickReduce.Cli.Emulate;
using QuickReduce.Cli.Inspect;
using QuickReduce.Cli.Launch;
using QuickReduce.Cli.List;
using QuickReduce.Cli.Tune;

var root = new RootCommand(
    """
    QuickReduce for .NET: looks at this machine, measures and tunes it, shows and renders kernels, executes those for AMD GPUs
    without the GPU, starts ranks, and says what regimes cost a model.

    Exit codes: 0 all is well; 1 something is missing, as the command's help says; 2 the command line is wrong or asks for
    what can't be; 3 a file can't be read or written; 4 a check failed, as the command's help says; 5 a rank or a device
    failed; 130 cancelled.
    """)
{
    DoctorCommand.Create(),
    ListCommand.Create(),
    EmitCommand.Create(),
    InspectCommand.Create(),
    EmulateCommand.Create(),
    BenchCommand.Create(),
    TuneCommand.Create(),
    AccuracyCommand.Create(),
    LaunchCommand.Create(),
    CacheCommand.Create(),
    RankCommand.Create(),
    CompletionCommand.Create(),
};
HelpWithExamples.AddTo(root);

var parsed = root.Parse(args);
if (parsed.Action is not ParseErrorAction mistake)
{
    // After Ctrl-C, long work ends with the piece it is at; on a busy machine that takes longer than the default.
    return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
}

// The mistake alone, not below a page of help, and not where data is expected.
mistake.ShowHelp = false;
await parsed.InvokeAsync(new InvocationConfiguration { Output = Console.Error });
return ExitCode.WrongCommandLine;
