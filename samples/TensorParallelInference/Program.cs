using System.CommandLine;
using TensorParallelInference;

var command = new RootCommand(
    "Runs a small Llama-style model tensor-parallel, with quantised all-reduces after every attention and MLP: generates text, or measures what each way to all-reduce costs in accuracy.");
command.Subcommands.Add(GenerateCommand.Create());
command.Subcommands.Add(ScoreCommand.Create());
return await command.Parse(args).InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,

    // After Ctrl-C, ranks end with the window they are at; on a busy machine that takes longer than the default.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
});
