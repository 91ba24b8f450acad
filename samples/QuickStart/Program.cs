using System.CommandLine;
using QuickReduce;
using QuickStart;
using Spectre.Console;

var deviceOption = new Option<DeviceKind>("--device")
{
    Description = "What to run on: Managed (SIMD in C#), Host (the generated kernels, compiled for this CPU), or Auto for all that this machine has.",
    DefaultValueFactory = static _ => DeviceKind.Auto,
};
var command = new RootCommand(
    "All-reduces real partial sums of a small Llama-style model across 2, 4 and 8 ranks, in full precision and quantised, and checks what QuickReduce promises. Exits with 1 if anything is not as promised.");
command.Options.Add(deviceOption);
command.SetAction((result, cancellationToken) => Task.FromResult(Run(result.GetValue(deviceOption), cancellationToken)));
return await command.Parse(args).InvokeAsync();

static int Run(DeviceKind requested, CancellationToken cancellationToken)
{
    var partialSums = PartialSums.Load(Path.Combine(AppContext.BaseDirectory, "data", "partials-tp8.safetensors"));
    var devices = Devices.Resolve(requested, out var note);

    var half = new Experiment<Half>(
        DataType.Float16, static x => (Half)x, static x => (double)x,
        static (group, inputs, outputs, regime) => group.AllReduce(inputs, outputs, regime),
        static (rank, input, output, regime) => rank.AllReduce(input, output, regime));
    var bfloat = new Experiment<BFloat16>(
        DataType.BFloat16, static x => (BFloat16)x, static x => (double)x,
        static (group, inputs, outputs, regime) => group.AllReduce(inputs, outputs, regime),
        static (rank, input, output, regime) => rank.AllReduce(input, output, regime));

    var measurements = Report.WithProgress(
        from device in devices
        from worldSize in Enum.GetValues<LlamaCollectives.WorldSize>()
        from step in new (string Name, Func<IEnumerable<Measurement>> Run)[]
        {
            ($"{device} float16, {(int)worldSize} ranks", () => half.Run(partialSums, device, worldSize)),
            ($"{device} bfloat16, {(int)worldSize} ranks", () => bfloat.Run(partialSums, device, worldSize)),
        }
        select step, cancellationToken);

    Report.Print(measurements, partialSums.ElementCount);
    if (note is not null)
    {
        AnsiConsole.MarkupLineInterpolated($"[yellow]{note}[/]");
    }

    return Report.Conclude(measurements) ? 0 : 1;
}
