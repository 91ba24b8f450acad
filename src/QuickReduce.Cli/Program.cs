using System.CommandLine;
using System.CommandLine.Invocation;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Cli.Doctor;
using QuickReduce.Cli.Emit;
using QuickReduce.Cli.Emulate;
using QuickReduce.Cli.List;

var root = new RootCommand(
    """
    QuickReduce for .NET: looks at this machine, lists the kernels in an assembly, renders kernels without a project, and
    executes kernels for AMD GPUs without the GPU.

    Exit codes: 0 all is well; 1 something is missing, as the command's help says; 2 the command line is wrong;
    3 a file can't be read or written.
    """)
{
    DoctorCommand.Create(),
    ListCommand.Create(),
    EmitCommand.Create(),
    EmulateCommand.Create(),
};
HelpWithExamples.AddTo(root);

var parsed = root.Parse(args);
if (parsed.Action is not ParseErrorAction mistake)
{
    return await parsed.InvokeAsync();
}

// The mistake alone, not below a page of help.
mistake.ShowHelp = false;
await parsed.InvokeAsync();
return ExitCode.WrongCommandLine;
