using System.CommandLine;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Policy;

namespace QuickReduce.Cli.Completion;

/// <summary>Prints the script that makes a shell complete this tool's commands, options and values.</summary>
internal static class CompletionCommand
{
    private static readonly KnownNames<Shell> Shells =
        new("shell", [("bash", Shell.Bash), ("zsh", Shell.Zsh), ("fish", Shell.Fish), ("pwsh", Shell.PowerShell), ("powershell", Shell.PowerShell)]);

    private enum Shell
    {
        Bash,
        Zsh,
        Fish,
        PowerShell,
    }

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, fish or pwsh." };
        shell.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !Shells.TryParse(token.Value, out _))
            {
                result.AddError(Shells.Refusal(token.Value));
            }
        });
        shell.CompletionSources.Add("bash", "zsh", "fish", "pwsh");
        var command = new ExampleCommand(
            "completion",
            "Prints the script that makes a shell complete this tool's commands, options and values. Needs nothing else installed.",
            "source <(quickreduce completion bash)                                     # in ~/.bashrc",
            "source <(quickreduce completion zsh)                                      # in ~/.zshrc, after compinit",
            "quickreduce completion fish > ~/.config/fish/completions/quickreduce.fish",
            "quickreduce completion pwsh | Out-String | Invoke-Expression              # in $PROFILE") { shell };
        command.SetAction(result =>
        {
            Shells.TryParse(result.GetValue(shell)!, out var chosen);
            Console.Out.Write(Script(chosen));
            return ExitCode.Success;
        });
        return command;
    }

    private static string Script(Shell shell)
    {
        var extension = shell switch { Shell.Bash => "bash", Shell.Zsh => "zsh", Shell.Fish => "fish", _ => "ps1" };
        using var reader = new StreamReader(typeof(CompletionCommand).Assembly.GetManifestResourceStream("quickreduce." + extension)!);
        return reader.ReadToEnd();
    }
}
