using System.Diagnostics;
using System.Globalization;
using QuickReduce;
using QuickReduce.Processes.Worker;
using QuickReduce.Tests.Shared.Processes;

// One rank, told what to do by its arguments: a command, then name=value. Prints a line per thing that happens, as
// "name value value …"; the tests read these.
var settings = args.Skip(1).Select(argument => argument.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
string Text(string name, string otherwise) => settings.GetValueOrDefault(name, otherwise);
int Number(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

if (args[0] == "hosts")
{
    return await HostsWorker.RunAsync(Text("fault", string.Empty), Number("perhost", 2), Number("calls", 20));
}

var environment = RankEnvironment.FromEnvironment();
var join = new JoinOptions
{
    Timeout = TimeSpan.FromSeconds(Number("join", 30)),
    Group = new GroupOptions { Timeout = TimeSpan.FromMilliseconds(Number("limit", 20_000)) },
    MissingRanks = Number("waiting", 0) == 1 ? new MissingReport() : null,
};
try
{
    switch (args[0])
    {
        case "calls":
            await CallsWorker.RunAsync(environment, join, Number("calls", 100), Number("seed", 1));
            break;
        case "groups":
            await GroupsWorker.RunAsync(environment, join, Number("groups", 100));
            break;
        case "fault":
            await FaultWorker.RunAsync(environment, join, Text("what", "kill"), Text("when", "between"), Number("culprit", 1), Number("shared", 0) == 1);
            break;
        case "buffers":
            await BuffersWorker.RunAsync(environment, join, Number("buffers", 100));
            break;
        case "soak":
            await SoakWorker.RunAsync(environment, join, TimeSpan.FromSeconds(Number("seconds", 5)));
            break;
        default:
            Console.Error.WriteLine("Unknown command " + args[0] + ".");
            return 2;
    }

    return 0;
}
catch (QuickReduceException exception)
{
    Report.Write(exception);
    return 1;
}
