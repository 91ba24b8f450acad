using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using QuickReduce.Generators;

namespace QuickReduce.Benchmarks;

/// <summary>
/// A compilation with annotated classes, a file each, in which another file is edited again and again as in an editor:
/// by a generator driver that has seen it before.
/// </summary>
public sealed class GeneratorWork
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Append(typeof(KernelSourceAttribute).Assembly.Location)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly CSharpCompilation _compilation;
    private readonly ISourceGenerator _generator;
    private readonly SyntaxTree[] _edits;
    private GeneratorDriver _driver;
    private int _edit;

    private GeneratorWork(IEnumerable<string> sources, IIncrementalGenerator generator)
    {
        _edits = [Parse("internal class Unrelated { private int one; }", "Unrelated.cs"), Parse("internal class Unrelated { private int two; }", "Unrelated.cs")];
        _compilation = CSharpCompilation.Create(
            "UserCode",
            [_edits[0], .. sources.Select((source, i) => Parse(source, "File" + i.ToString(CultureInfo.InvariantCulture) + ".cs"))],
            References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        _generator = generator.AsSourceGenerator();
        _driver = NewDriver();
    }

    /// <summary>Classes of 24 variants each.</summary>
    public static GeneratorWork WithClasses(int count, bool driverAlone = false) => new(
        Enumerable.Range(0, count).Select(i => "namespace App; [QuickReduce.AllReduceKernels] internal static partial class C" + i.ToString(CultureInfo.InvariantCulture) + ";"),
        driverAlone ? new DriverAlone() : new AllReduceKernelsGenerator());

    /// <summary>One class with as many variants as there are regimes, world sizes and, beside them, block sizes asked for.</summary>
    public static GeneratorWork WithVariants(int regimes, int blockSizes) => new(
        [
            "using QuickReduce; [AllReduceKernels(Regimes = [" + string.Join(", ", SpecializationRules.Regimes.Take(regimes).Select(regime => "QuantRegime." + regime))
                + "], BlockSizes = [" + string.Join(", ", SpecializationRules.BlockSizes.Take(blockSizes)) + "])] internal static partial class C;",
        ],
        new AllReduceKernelsGenerator());

    /// <summary>Generates everything, as a compiler does that has run before.</summary>
    public GeneratorDriver Generate() => NewDriver().RunGenerators(_compilation);

    /// <summary>Generates everything and keeps the driver, for edits to come.</summary>
    public void Prepare() => _driver = NewDriver().RunGenerators(_compilation);

    /// <summary>Edits the file that has to do with nothing, and lets the driver run again.</summary>
    public void EditElsewhere()
    {
        _edit ^= 1;
        _driver = _driver.RunGenerators(_compilation.ReplaceSyntaxTree(_edits[0], _edits[_edit]));
    }

    private static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.CSharp14), path);

    private CSharpGeneratorDriver NewDriver() => CSharpGeneratorDriver.Create([_generator], parseOptions: new CSharpParseOptions(LanguageVersion.CSharp14));

    /// <summary>A generator that looks for the same attributes and does nothing else: what the driver itself costs.</summary>
    private sealed class DriverAlone : IIncrementalGenerator
    {
        public void Initialize(IncrementalGeneratorInitializationContext context)
        {
            foreach (var attribute in new[] { "QuickReduce.AllReduceKernelsAttribute", "QuickReduce.AllReduceKernelAttribute" })
            {
                context.RegisterSourceOutput(
                    context.SyntaxProvider.ForAttributeWithMetadataName(attribute, static (_, _) => true, static (_, _) => 0),
                    static (_, _) => { });
            }
        }
    }
}
