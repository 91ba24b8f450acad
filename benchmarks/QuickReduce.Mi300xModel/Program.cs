using System.CommandLine;
using QuickReduce.Mi300xModel;

var chart = new Option<FileInfo?>("--chart") { Description = "Draw the model beside the published times into a .png file.", HelpName = "file" };
var source = new Option<string>("--source") { Description = "Which times the chart shows.", DefaultValueFactory = static _ => Published.Mk1 };
source.AcceptOnlyFromAmong(Published.Mk1, Published.Vllm);
var root = new RootCommand(
    "A model of all-reduces on MI300X: fits it to published times, says how far it is from those that it has not seen, and predicts the times of our kernels. Predictions are no measurements.")
{
    chart,
    source,
};
root.SetAction(result =>
{
    var published = Published.Read();
    var parameters = Fit.Of(published);
    var output = Console.Out;
    Tables.WriteParameters(output, parameters);
    Tables.WriteErrors(output, published, parameters);
    if (result.GetValue(chart) is { } file)
    {
        ModelChart.Write(file.FullName, [.. published.Where(time => time.Source == result.GetValue(source) && time.DataType == "fp16")], parameters);
    }

    try
    {
        var instructions = OwnKernels.VectorInstructions();
        foreach (var dataType in new[] { "fp16", "bf16" })
        {
            Tables.WritePredictions(output, instructions, parameters, dataType);
        }

        return 0;
    }
    catch (InvalidOperationException missing)
    {
        Console.Error.WriteLine(missing.Message);
        return 1;
    }
});
return root.Parse(args).Invoke();
