using System.CommandLine;
using QuickReduce.Accuracy;
using QuickReduce.Accuracy.Reporting;
using QuickReduce.Cli.CommandLine;

namespace QuickReduce.Cli.Accuracy;

/// <summary>Measures what each way to all-reduce costs a model.</summary>
internal static class AccuracyCommand
{
    public static Command Create()
    {
        var model = new Option<DirectoryInfo>("--model")
        {
            Description = "Directory of a byte-level Llama checkpoint: config.json and safetensors files with Hugging Face's names.",
            HelpName = "directory",
            Required = true,
        };
        var text = new Option<FileInfo>("--text") { Description = "UTF-8 text to score.", HelpName = "file", Required = true };
        var windows = new Option<int?>("--windows")
        {
            Description = "Score only the first so many windows, each as long as the model's context. By default all.",
            HelpName = "count",
        };
        var json = new Option<string?>("--json")
        {
            Description = "Write the figures to this file: an array of {dtype, regime, worldSize, natsPerByte, top1, nextByte}.",
            HelpName = "file",
        };
        var chart = new Option<string?>("--chart") { Description = "Draw the figures to this file, .svg or .png.", HelpName = "file" };
        var axes = new AccuracyAxes();
        windows.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var count) && count < 1)
            {
                result.AddError("--windows is 1 or more.");
            }
        });

        var command = new ExampleCommand(
            "accuracy",
            """
            Runs a model tensor-parallel over a text, with an all-reduce of its partial sums after every attention and MLP, and
            measures nats per byte and how often the likeliest next byte is that of full precision on one rank (top-1), for every
            data type, regime and number of ranks. Ranks are threads of this process, on the managed backend, whose bits are those
            of every other. The first row is the whole model on one rank in single precision.

            Exit codes: 0 measured; 1 an all-reduce failed; 2 the command line is wrong, or the model can't be split so; 3 a file
            can't be read or written, the model is malformed or of another kind, or the text isn't UTF-8 or too short; 130 Ctrl-C.
            """,
            "quickreduce accuracy --model tiny-llama --text validation.txt",
            "quickreduce accuracy --model tiny-llama --text validation.txt --windows 16 --world-size 4 --regime int4,int6",
            "quickreduce accuracy --model tiny-llama --text validation.txt --regime int4 --group-size 16,32 --scale-format bfloat16,shared_exponent",
            "quickreduce accuracy --model tiny-llama --text validation.txt --json accuracy.json --chart accuracy.svg") { model, text };
        axes.AddTo(command);
        command.Options.Add(windows);
        command.Options.Add(json);
        command.Options.Add(chart);
        command.SetAction((result, cancellation) => RunAsync(
            result.GetRequiredValue(model).FullName, result.GetRequiredValue(text).FullName, result.GetValue(windows), loaded => axes.Cases(result, loaded),
            result.GetValue(json), result.GetValue(chart), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        string modelDirectory, string textFile, int? mostWindows, Func<LlamaModel, IReadOnlyList<AccuracyCase>> casesOf, string? json, string? chart,
        CancellationToken cancellation)
    {
        try
        {
            var outputs = new AccuracyOutputs(json, chart);
            var model = LlamaModel.Load(modelDirectory);
            var windows = ByteWindows.Read(textFile, model.Configuration.ContextLength, mostWindows);
            var cases = casesOf(model);
            var study = new AccuracyStudy(model, windows, CollectiveRankGroups.Create);
            var figures = await StudyProgress.ShowAsync(progress => study.RunAsync(cases, progress, cancellation));
            AccuracyTable.Print(figures);
            outputs.Write(figures, static file => Console.WriteLine("Wrote " + file + "."));
            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return CommandOutput.Fail("cancelled; no file was written.", ExitCode.Cancelled);
        }
        catch (ArgumentException failure)
        {
            return CommandOutput.Fail(failure.Message, ExitCode.WrongCommandLine);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return CommandOutput.Fail(failure.Message);
        }
        catch (QuickReduceException failure)
        {
            return CommandOutput.Fail(failure.Message, ExitCode.Missing);
        }
    }
}
