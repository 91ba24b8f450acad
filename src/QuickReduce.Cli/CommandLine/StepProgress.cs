using Spectre.Console;

namespace QuickReduce.Cli.CommandLine;

/// <summary>Shows on the terminal how far long work is, and how long it will take; nothing where nobody looks at it.</summary>
internal static class StepProgress
{
    /// <summary>Does the work.</summary>
    /// <param name="steps">Number of steps.</param>
    /// <param name="work">Does them; says before each what it is.</param>
    public static async Task ShowAsync(int steps, Func<Action<string>, Task> work)
    {
        if (Console.IsErrorRedirected)
        {
            await work(static _ => { }).ConfigureAwait(false);
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async progress =>
            {
                var task = progress.AddTask("starting", maxValue: steps);
                var done = -1;
                await work(step =>
                {
                    task.Description = Markup.Escape(step);
                    task.Value = ++done;
                }).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }
}
