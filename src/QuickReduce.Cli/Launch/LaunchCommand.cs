using System.CommandLine;
using System.CommandLine.Parsing;
using System.ComponentModel;
using QuickReduce.Cli.CommandLine;
using Spectre.Console;

namespace QuickReduce.Cli.Launch;

/// <summary>Starts one process per rank on this host.</summary>
internal static class LaunchCommand
{
    private const int MostRanks = 1024;
    private const double UsualGrace = 5;

    // As shells report what they cannot run.
    private const int NotExecutable = 126;
    private const int NotFound = 127;

    public static Command Create()
    {
        var worldSize = new Option<int>("-n", "--world-size") { Description = "Number of ranks, each a process.", Required = true, HelpName = "count" };
        var masterPort = new Option<int?>("--master-port")
        {
            Description = "What MASTER_PORT is; by default a port that is free. (Ranks of QuickReduce on one host need none.)",
            HelpName = "port",
        };
        var added = new Option<KeyValuePair<string, string>[]>("--env")
        {
            Description = "A variable more in every rank's environment; may be given several times.",
            HelpName = "NAME=value",
            AllowMultipleArgumentsPerToken = false,
            CustomParser = ParseVariables,
        };
        var grace = new Option<double>("--grace")
        {
            Description =
                "Seconds that the other ranks have to end by themselves when one has failed, and again after they were asked to "
                + "(SIGTERM, Ctrl-C), before they are killed.",
            HelpName = "seconds",
            DefaultValueFactory = static _ => UsualGrace,
        };
        var noPrefix = new Option<bool>("--no-prefix")
        {
            Description = "Leave the ranks' output alone: they write where this command writes, a terminal stays one to them.",
        };
        var command = new Argument<string[]>("command")
        {
            Description = "The program and its arguments, after --.",
            Arity = ArgumentArity.OneOrMore,
        };
        Require(worldSize, static value => value is >= 1 and <= MostRanks, $"-n is a number of processes from 1 to {MostRanks}.");
        Require(masterPort, static value => value is null or (>= 1 and <= ushort.MaxValue), "--master-port is a port from 1 to 65535.");
        Require(grace, static value => value is >= 0 and <= 3600, "--grace is a number of seconds from 0 to 3600.");

        var launch = new ExampleCommand(
            "launch",
            """
            Starts a program N times on this host, one process per rank, and waits for all. Each is told in RANK, WORLD_SIZE,
            LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT who it is, as by torchrun, so that any program that knows
            those can be started; and in QUICKREDUCE_JOB_ID and QUICKREDUCE_JOB_SECRET what only this job knows.

            Lines have their rank before them. What is typed goes to rank 0. Ctrl-C, SIGTERM, SIGHUP and SIGQUIT go to all ranks
            and what they have started; a second one kills them. When a rank fails, the others have a time to end by themselves,
            and are ended then. Nothing of the job outlives this command, not even when it is killed itself. Linux.

            Exit codes: that of the rank that failed first (128 and the signal where one killed it); 130 after Ctrl-C, 143 after
            SIGTERM; 126 and 127 for a program that can't be run or isn't found; 2 for a wrong command line; 0 where all ranks did.
            """,
            "quickreduce launch -n 4 -- dotnet bin/Release/net10.0/App.dll --some-option",
            "quickreduce launch -n 8 --env DOTNET_gcServer=0 --grace 30 -- ./app",
            "quickreduce launch -n 2 --no-prefix -- python train.py",
            "quickreduce launch -n 2 -- sh -c 'echo rank $RANK of $WORLD_SIZE'") { worldSize, masterPort, added, grace, noPrefix, command };

        // Synchronous: this command takes Ctrl-C itself.
        launch.SetAction(result => Run(
            result.GetRequiredValue(command),
            new RankVariables(result.GetValue(worldSize), result.GetValue(masterPort), result.GetValue(added) ?? []),
            TimeSpan.FromSeconds(result.GetValue(grace)), !result.GetValue(noPrefix)));
        return launch;
    }

    private static int Run(string[] command, RankVariables variables, TimeSpan grace, bool prefixed)
    {
        if (!OperatingSystem.IsLinux())
        {
            return CommandOutput.Fail("launch needs Linux, as ranks in processes do.", ExitCode.Missing);
        }

        var relays = prefixed
            ? (Relay(1, Console.Out, variables.WorldSize), Relay(2, Console.Error, variables.WorldSize))
            : default((OutputRelay, OutputRelay)?);
        try
        {
            using var job = new Job(variables, grace, CommandOutput.Note);
            var result = job.Run(command, relays);
            foreach (var line in result.Summary())
            {
                CommandOutput.Note(line);
            }

            return result.ExitCode;
        }
        catch (Win32Exception failure)
        {
            return failure.NativeErrorCode == LibC.NoSuchFile
                ? CommandOutput.Fail($"there is no program '{command[0]}', neither here nor on the path.", NotFound)
                : CommandOutput.Fail($"'{command[0]}' can't be started: {failure.Message}.", NotExecutable);
        }
    }

    private static OutputRelay Relay(int descriptor, TextWriter writer, int worldSize) => new(
        bytes => LibC.WriteAll(descriptor, bytes),
        worldSize,
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) }).Profile.Capabilities.Ansi);

    private static KeyValuePair<string, string>[] ParseVariables(ArgumentResult result)
    {
        var variables = new List<KeyValuePair<string, string>>();
        foreach (var token in result.Tokens)
        {
            var sign = token.Value.IndexOf('=');
            var name = sign > 0 ? token.Value[..sign] : string.Empty;
            if (name.Length == 0)
            {
                result.AddError($"--env has '{token.Value}'; it takes NAME=value.");
            }
            else if (RankVariables.IsOwn(name))
            {
                result.AddError($"--env can't set {name}: that is for launch itself to tell.");
            }
            else
            {
                variables.Add(new(name, token.Value[(sign + 1)..]));
            }
        }

        return [.. variables];
    }

    private static void Require<T>(Option<T> option, Func<T?, bool> isValid, string message) => option.Validators.Add(result =>
    {
        // What is no number at all is said by the parser.
        T? value;
        try
        {
            value = result.GetValueOrDefault<T>();
        }
        catch (InvalidOperationException)
        {
            return;
        }

        if (!isValid(value))
        {
            result.AddError(message);
        }
    });
}
