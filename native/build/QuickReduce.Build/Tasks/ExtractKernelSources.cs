using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Task = Microsoft.Build.Utilities.Task;

namespace QuickReduce.Build;

/// <summary>Writes the HIP sources that a compiled assembly carries into a folder, one file each.</summary>
public sealed class ExtractKernelSources : Task
{
    internal const string SourceExtension = ".hip";

    /// <summary>The compiled assembly.</summary>
    [Required]
    public string Assembly { get; set; } = "";

    /// <summary>The folder to write to; it belongs to this task, which deletes what it does not know.</summary>
    [Required]
    public string SourceFolder { get; set; } = "";

    /// <summary>The files, in the order of the assembly, with <c>UnitName</c> as metadata.</summary>
    [Output]
    public ITaskItem[] Sources { get; set; } = [];

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            var items = new List<ITaskItem>();
            int written = 0;
            foreach (KernelSource source in KernelSourceReader.Read(Assembly))
            {
                string path = Path.Combine(SourceFolder, source.UnitName + SourceExtension);
                if (FileText.WriteIfDifferent(path, source.Text))
                {
                    written++;
                }

                var item = new TaskItem(EscapingUtilities.Escape(path));
                item.SetMetadata(ItemMetadata.UnitName, EscapingUtilities.Escape(source.UnitName));
                items.Add(item);
            }

            OutputPruner.Prune(SourceFolder, items.Select(item => item.ItemSpec));
            Sources = [.. items];
            Log.LogMessage(MessageImportance.Low, "QuickReduce: {0} kernel sources in {1}, {2} of them new or changed", items.Count, Assembly, written);
        }
        catch (UnusableKernelSourceException problem)
        {
            Log.Error(DiagnosticIds.UnusableKernelSource, problem.Message, Assembly);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.Error(DiagnosticIds.FileAccess, $"The kernel sources can't be written to '{SourceFolder}': {failure.Message}");
        }

        return !Log.HasLoggedErrors;
    }
}
