using System.Globalization;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests.Worker;

/// <summary>
/// One rank in a process of its own, on a stand-in for the driver: told what to do by its arguments, a command and then
/// name=value. Prints a line per thing that happens; the tests read these.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        var settings = new Settings(arguments.Skip(1).Select(static argument => argument.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]));
        StandInDriver.Library = settings.Text("driver", string.Empty);
        using var driver = new StandInDriver(multiprocessors: settings.Number("multiprocessors", 4), blocksPerMultiprocessor: 2);
        try
        {
            switch (arguments[0])
            {
                case "calls":
                    await CallsWorker.RunAsync(driver, settings);
                    break;
                case "fault":
                    await FaultWorker.RunAsync(driver, settings);
                    break;
                case "hosts":
                    await HostsWorker.RunAsync(driver, settings);
                    break;
                case "groups":
                    await GroupsWorker.RunAsync(driver, settings);
                    break;
                case "nothing":
                    break;
                case "matrix":
                    await MatrixWorker.RunAsync(driver, settings.Environment, arguments.Skip(1));
                    break;
                default:
                    await Console.Error.WriteLineAsync("Unknown command " + arguments[0] + ".");
                    return 2;
            }

            Report.Write("alive", driver.Alive);
            return 0;
        }
        catch (QuickReduceException exception)
        {
            Report.Write(exception);
            Report.Write("alive", driver.Alive);
            return 1;
        }
    }
}

/// <summary>What the test asks of a rank.</summary>
internal sealed class Settings(IReadOnlyDictionary<string, string> values)
{
    public RankEnvironment Environment { get; } = RankEnvironment.FromEnvironment();

    public string Text(string name, string otherwise) => values.GetValueOrDefault(name, otherwise);

    public int Number(string name, int otherwise) => values.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>How this rank joins, on the first device of the stand-in.</summary>
    public JoinOptions Join(StandInDriver driver, string name = "default") => new()
    {
        GroupName = name,
        Timeout = TimeSpan.FromSeconds(Number("join", 60)),
        Gpu = new GpuGroupOptions
        {
            Devices = [driver.Devices[0]],
            LibraryDirectory = Text("objects", string.Empty),
            Timeout = TimeSpan.FromMilliseconds(Number("limit", 60_000)),
            MaxBlocks = Number("blocks", 0),
        },
    };
}
