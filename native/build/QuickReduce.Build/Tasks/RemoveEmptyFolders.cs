using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Task = Microsoft.Build.Utilities.Task;

namespace QuickReduce.Build;

/// <summary>Deletes what folders are left empty where MSBuild has deleted the files.</summary>
public sealed class RemoveEmptyFolders : Task
{
    /// <summary>The outermost folder; it goes too when it is empty.</summary>
    [Required]
    public string Folder { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            OutputPruner.DeleteEmptyFolders(Folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // An empty folder harms nobody.
            Log.LogMessage(MessageImportance.Low, "QuickReduce: '{0}' stays: {1}", Folder, failure.Message);
        }

        return true;
    }
}
