using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Codegen.Tests;

public sealed class CarrierRendererTests
{
    [Theory]
    [InlineData("")]
    [InlineData("one line")]
    [InlineData("a\nb\n")]
    [InlineData("\n\n  indented {{ braces }} \\n \t\n\n")]
    [InlineData("\"")]
    [InlineData("\"\"\"raw\"\"\" and \"\"\"\"\"more\"\"\"\"\"")]
    [InlineData("#include \"x.hpp\"\n#if 0\n#endif\n// ü 漢")]
    public void The_text_arrives_byte_for_byte(string text)
    {
        var unit = new TranslationUnit("C.float16_fp", new([]), "0123456789abcdef");
        var compilation = TestCompilation.Of(CarrierRenderer.Render([new(unit, text), new(unit with { Name = "C.other" }, "other")]));

        Assert.Empty(TestCompilation.ProblemsOf(compilation));
        Assert.Equal(
            [("C.float16_fp", text), ("C.other", "other")],
            compilation.Assembly.GetAttributes().Select(a => ((string)a.ConstructorArguments[0].Value!, (string)a.ConstructorArguments[1].Value!)));
    }
}
