using FusedRmsNorm;
using Spectre.Console;

if (!Norms.FusedRmsNormKernels.TryLoad(out var problem))
{
    AnsiConsole.MarkupLineInterpolated($"[yellow]The kernels of this sample were not compiled for this processor, so there is nothing to compare the C# reference with.[/] {problem.Message}");
    return 0;
}

int[] hiddenSizes = [384, 1000, 4096, 8192];
var stream = ResidualStream.Load(Path.Combine(AppContext.BaseDirectory, "data", "partials-tp8.safetensors"));
var measurements = hiddenSizes.Select(size => Experiment.Run(stream, ElementTypes.Float16, size))
    .Concat(hiddenSizes.Select(size => Experiment.Run(stream, ElementTypes.BFloat16, size)))
    .ToArray();

if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = 120; // a pipe has no width of its own
}

var table = new Table().Border(TableBorder.Horizontal).Title("Fused residual add and RMSNorm, real values");
foreach (var name in new[] { "dtype", "hidden", "rows", "worst error, ulp", "bits as C#", "kernel µs", "C# µs" })
{
    table.AddColumn(new TableColumn(name) { NoWrap = true, Alignment = name is "dtype" or "bits as C#" ? Justify.Left : Justify.Right });
}

foreach (var measurement in measurements)
{
    table.AddRow([.. measurement.Cells]);
}

AnsiConsole.Write(table);
AnsiConsole.MarkupLine("""
    [grey]worst error  against fp64, in units of the last place of the element type; correct rounding is 0.5
    bits as C#   the kernel, compiled for this CPU, and the C# reference gave the same bits, residual and output
    µs           median; the reference is written to be read, not to be fast[/]
    """);

var broken = measurements.Count(static m => !m.IsAsPromised);
AnsiConsole.MarkupLineInterpolated($"[{(broken == 0 ? "green" : "red")}]{measurements.Length - broken} of {measurements.Length} rows are as promised.[/]");
return broken == 0 ? 0 : 1;
