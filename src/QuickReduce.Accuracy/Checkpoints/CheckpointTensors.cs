using System.Text.Json;

namespace QuickReduce.Accuracy;

/// <summary>The tensors of a checkpoint, from however many files.</summary>
internal sealed class CheckpointTensors
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private readonly string _directory;
    private readonly Dictionary<string, (SafeTensor Tensor, string File)> _tensors = new(StringComparer.Ordinal);

    private CheckpointTensors(string directory) => _directory = directory;

    /// <summary>Reads all files of a checkpoint.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or lacks what the index says is in it.</exception>
    public static CheckpointTensors Read(string directory)
    {
        var checkpoint = new CheckpointTensors(directory);
        var index = Path.Combine(directory, IndexFile);
        if (!File.Exists(index))
        {
            checkpoint.Add(Path.Combine(directory, SingleFile), expected: null);
            return checkpoint;
        }

        foreach (var shard in ReadIndex(index).GroupBy(static entry => entry.File, static entry => entry.Tensor, StringComparer.Ordinal))
        {
            checkpoint.Add(Path.Combine(directory, shard.Key), shard);
        }

        return checkpoint;
    }

    /// <summary>A tensor's elements in single precision.</summary>
    /// <exception cref="InvalidDataException">It is missing, or has another shape or no floating point type.</exception>
    public float[] Read(string name, params ReadOnlySpan<int> shape)
    {
        if (!_tensors.TryGetValue(name, out var found))
        {
            throw new InvalidDataException("The checkpoint in '" + _directory + "' has no tensor '" + name + "'.");
        }

        var agrees = found.Tensor.Shape.Count == shape.Length;
        for (var i = 0; agrees && i < shape.Length; i++)
        {
            agrees = found.Tensor.Shape[i] == shape[i];
        }

        if (!agrees)
        {
            throw new InvalidDataException("'" + found.File + "': tensor '" + name + "' is [" + string.Join(", ", found.Tensor.Shape)
                + "]; by config.json it should be [" + string.Join(", ", shape.ToArray()) + "].");
        }

        try
        {
            return found.Tensor.ToSingle();
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException("'" + found.File + "': " + exception.Message, exception);
        }
    }

    private void Add(string path, IEnumerable<string>? expected)
    {
        var file = SafeTensors.Read(path);
        foreach (var name in expected ?? file.Keys)
        {
            if (!file.TryGetValue(name, out var tensor))
            {
                throw new InvalidDataException("'" + path + "' has no tensor '" + name + "', which " + IndexFile + " says is in it.");
            }

            _tensors[name] = (tensor, path);
        }
    }

    private static List<(string Tensor, string File)> ReadIndex(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. document.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => (entry.Name, FileName(entry.Value.GetString(), path)))];
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException("'" + path + "' is no index of a checkpoint: it should be JSON with an object weight_map, from tensors to files. " + exception.Message, exception);
        }
    }

    // An index lists neighbours; it is no way to have other files opened.
    private static string FileName(string? name, string index) => !string.IsNullOrEmpty(name) && Path.GetFileName(name) == name
        ? name
        : throw new InvalidDataException("'" + index + "' lists '" + name + "', which is no file beside it.");
}
