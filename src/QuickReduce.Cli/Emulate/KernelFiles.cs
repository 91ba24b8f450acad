using QuickReduce.Cli.List;
using QuickReduce.Emulation.CodeObjects;

namespace QuickReduce.Cli.Emulate;

/// <summary>A variant whose code object can be emulated.</summary>
/// <param name="Set">A kernel set with the variant.</param>
/// <param name="Variant">The variant.</param>
/// <param name="Directory">The directory in which <c>quickreduce/ARCHITECTURE</c> has its code object.</param>
internal sealed record EmulatedVariant(KernelSet Set, KernelVariant Variant, string Directory);

/// <summary>The all-reduce kernels of assemblies and code objects.</summary>
internal sealed class KernelFiles : IDisposable
{
    private const string CodeObjectExtension = ".hsaco";
    private const string SourceIdName = "quickreduce_source_id";
    private const int SourceIdLength = 16;

    // Every variant that there is, by its kernel's name: names are made from variants, and only there.
    private static readonly Lazy<Dictionary<string, KernelVariant>> VariantsByKernel = new(static () => AllVariants().ToDictionary(static variant => variant.KernelName));

    private readonly string _architecture;
    private readonly List<string> _staged = [];

    private KernelFiles(string architecture) => _architecture = architecture;

    public List<EmulatedVariant> Variants { get; } = [];

    /// <summary>Names of kernels that are no all-reduces: the user's own.</summary>
    public List<string> Others { get; } = [];

    /// <summary>Reads files.</summary>
    /// <param name="paths">Assemblies, with code objects beside them, and code objects.</param>
    /// <param name="architecture">The architecture whose code objects are meant.</param>
    /// <exception cref="IOException">A file can't be read.</exception>
    /// <exception cref="UnusableKernelFileException">A file is none of these.</exception>
    public static KernelFiles Read(IEnumerable<string> paths, string architecture)
    {
        var files = new KernelFiles(architecture);
        try
        {
            foreach (var path in paths)
            {
                if (Path.GetExtension(path).Equals(CodeObjectExtension, StringComparison.OrdinalIgnoreCase))
                {
                    files.AddCodeObject(path);
                }
                else
                {
                    files.AddAssembly(path);
                }
            }

            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Removes the copies that were made.</summary>
    public void Dispose() => _staged.ForEach(static folder => Directory.Delete(folder, recursive: true));

    private void AddAssembly(string path)
    {
        foreach (var unit in AssemblyReport.Read(path).Units)
        {
            if (unit.CompiledFor.Contains(_architecture))
            {
                Add(unit.Name, unit.SourceId, unit.Kernels, Path.GetDirectoryName(path)!);
            }
        }
    }

    private void AddCodeObject(string path)
    {
        CodeObject codeObject;
        string sourceId;
        try
        {
            codeObject = CodeObject.Read(File.ReadAllBytes(path));
            sourceId = codeObject.Image.Symbols.TryGetValue(SourceIdName, out var symbol) && symbol.Bytes >= SourceIdLength
                ? System.Text.Encoding.Latin1.GetString(codeObject.At(symbol.Address, SourceIdLength).Span)
                : throw new CodeObjectException("it does not say which source it was compiled from (" + SourceIdName + ")");
        }
        catch (CodeObjectException problem)
        {
            throw new UnusableKernelFileException("The code object '" + path + "' cannot be used: " + problem.Message + ".");
        }

        // Laid out as the build lays out an application's.
        var variants = codeObject.Kernels.Keys.Where(VariantsByKernel.Value.ContainsKey).Select(static name => VariantsByKernel.Value[name]).ToArray();
        var unitName = "Kernels." + (variants.Length > 0 ? variants[0].UnitName : "none");
        var staged = Directory.CreateTempSubdirectory("quickreduce-emulate-").FullName;
        _staged.Add(staged);
        var folder = Directory.CreateDirectory(Path.Combine(staged, "quickreduce", _architecture)).FullName;
        File.Copy(path, Path.Combine(folder, unitName + CodeObjectExtension));
        Add(unitName, sourceId, codeObject.Kernels.Keys, staged);
    }

    private void Add(string unitName, string sourceId, IEnumerable<string> kernels, string directory)
    {
        foreach (var kernel in kernels)
        {
            if (!VariantsByKernel.Value.TryGetValue(kernel, out var variant))
            {
                Others.Add(kernel);
                continue;
            }

            var setName = unitName[..^(variant.UnitName.Length + 1)];
            Variants.Add(new EmulatedVariant(new KernelSet(setName, [variant], [new KernelUnit(unitName, sourceId)]), variant, directory));
        }
    }

    private static IEnumerable<KernelVariant> AllVariants() =>
        from dataType in SpecializationRules.DataTypes
        from mode in SpecializationRules.Modes
        from worldSize in SpecializationRules.WorldSizes
        from algorithm in SpecializationRules.Algorithms
        from blockSize in SpecializationRules.BlockSizes
        from atoms in SpecializationRules.AtomsPerThread
        let variant = new KernelVariant(dataType, mode, worldSize, algorithm) { BlockSize = blockSize, AtomsPerThread = atoms }
        where variant.IsSupported
        select variant;
}

/// <summary>A file has no kernels that can be emulated. The message says which and why.</summary>
internal sealed class UnusableKernelFileException(string message) : Exception(message);
