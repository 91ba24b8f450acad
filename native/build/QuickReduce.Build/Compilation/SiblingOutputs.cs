namespace QuickReduce.Build;

/// <summary>
/// The kernels of the same project's other target frameworks: what is made of the same text, by the same compiler, with
/// the same flags, is compiled once and copied.
/// </summary>
internal sealed class SiblingOutputs
{
    private readonly string _folder;
    private readonly string[] _siblings;

    /// <param name="folder">Folder of the outputs of this framework.</param>
    /// <param name="framework">This framework, as it stands in the path.</param>
    /// <param name="frameworks">All frameworks, separated by semicolons; empty in a project that has one.</param>
    public SiblingOutputs(string folder, string framework, string frameworks)
    {
        _folder = Path.GetFullPath(folder);
        int place = framework.Length > 0 ? _folder.LastIndexOf(framework, StringComparison.Ordinal) : -1;
        _siblings = place < 0
            ? []
            : [.. frameworks.Split([';'], StringSplitOptions.RemoveEmptyEntries)
                .Select(other => other.Trim())
                .Where(other => other != framework && other.Length > 0)
                .Select(other => _folder.Remove(place, framework.Length).Insert(place, other))];
    }

    /// <summary>Takes a sibling's output over. False if none has one that fits.</summary>
    public bool TryTake(CompileJob job)
    {
        string relative = job.OutputPath.Substring(_folder.Length).TrimStart(Path.DirectorySeparatorChar);
        string? found = _siblings.Select(sibling => Path.Combine(sibling, relative)).FirstOrDefault(path => UpToDateStamp.IsUpToDate(path, job.ExpectedStamp));
        if (found is null)
        {
            return false;
        }

        string temporary = job.OutputPath + ".tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(job.OutputPath)!);
        File.Copy(found, temporary, overwrite: true);
        JobRunner.Publish(job, temporary);
        return true;
    }
}
