using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;
using QuickReduce.Generators.Tests.UserKernels;

namespace QuickReduce.Generators.Tests.Documentation;

/// <summary>The C# in README.md and on the pages of <c>docs/</c> compiles, with what the generator makes of it.</summary>
/// <remarks>
/// Types that a page has declared are there for the blocks below; where it declares none, so is <c>LlamaCollectives</c> as
/// the README has it. (The diagnostics' pages show code that does not compile; the analyzers' tests have it.)
/// </remarks>
public sealed class PageCodeTests
{
    private const string Remedy =
        "Correct the page; or, where the code needs something that the page takes for granted, put that right above the block: <!-- compiles after … -->.";

    private const string Usual =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using QuickReduce;
        """;

    private const string UsualKernels =
        """
        [AllReduceKernels(
            DataTypes = [DataType.Float16, DataType.BFloat16], Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4], WorldSizes = [2, 4, 8])]
        public partial class LlamaCollectives;
        """;

    private static readonly string Template = Path.Combine("kernels", "fused_rms_norm.scriban");

    public static TheoryData<string> Pages =>
    [
        "README.md",
        "src/QuickReduce/Package/README.md",
        .. Directory.EnumerateFiles(Path.Combine(Golden.RepositoryRoot, "docs"), "*.md")
            .Select(static path => "docs/" + Path.GetFileName(path)).Where(static page => BlocksOf(page).Count > 0).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Code_compiles(string page)
    {
        var problems = ProblemsOf(BlocksOf(page)).ToArray();
        Assert.True(problems.Length == 0, string.Join('\n', problems.Append(Remedy)));
    }

    [Fact]
    public void A_mistake_is_found_with_its_page_and_line()
    {
        const string Page =
            """
            # A page

            <!-- compiles after
            int[] numbers = [];
            -->
            ```csharp
            using System.Text;
            var sum = numbers.Sum();
            sum.NoSuchMember();
            ```

            ```csharp
            [AllReduceKernels(Regimes = [QuantRegime.Int4])]
            public partial class Mine;
            ```

            ```csharp
            using var group = Mine.CreateGroup(Mine.WorldSize.Two);
            var regime = Mine.Regime.Int8;
            ```
            """;
        Assert.Collection(
            ProblemsOf(CodeBlock.Read("docs/page.md", Page)),
            static problem => Assert.StartsWith("docs/page.md(9): CS1061", problem, StringComparison.Ordinal),
            static problem => Assert.StartsWith("docs/page.md(19): CS0117", problem, StringComparison.Ordinal));
    }

    private static IReadOnlyList<CodeBlock> BlocksOf(string page) => CodeBlock.Read(page, File.ReadAllText(Path.Combine(Golden.RepositoryRoot, page)));

    private static IEnumerable<string> ProblemsOf(IReadOnlyList<CodeBlock> blocks)
    {
        var declared = new Dictionary<string, string> { ["LlamaCollectives"] = UsualKernels };
        foreach (var block in blocks)
        {
            var types = block.DeclaredTypes;
            var others = declared.Where(pair => !types.Contains(pair.Key)).Select(static pair => pair.Value).Distinct();
            var run = TemplateProject.Of([Usual, .. others, block.ToSource()])
                .With(Template.Replace('\\', '/'), File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "samples", "FusedRmsNorm", Template))).RunOnce();
            foreach (var problem in run.Output.GetDiagnostics().Concat(run.Diagnostics).Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
            {
                var place = problem.Location.GetMappedLineSpan();
                yield return $"{place.Path}({place.StartLinePosition.Line + 1}): {problem.Id}: {problem.GetMessage(null)}";
            }

            foreach (var type in types)
            {
                declared[type] = block.ToSource();
            }
        }
    }
}
