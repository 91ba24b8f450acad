namespace QuickReduce.Build.Tests;

public sealed class DiagnosticsParserTests
{
    [Theory]
    [InlineData("/a b/k (1).hip(3,5): error: use of undeclared identifier 'y'", "Error|/a b/k (1).hip|3|5|use of undeclared identifier 'y'")]
    [InlineData(@"C:\x\k.hip(3,5) : warning: unused variable 'x' [-Wunused-variable]", @"Warning|C:\x\k.hip|3|5|unused variable 'x' [-Wunused-variable]")]
    [InlineData("templates/hip/codec.scriban(12): fatal error: too many errors", "Error|templates/hip/codec.scriban|12|0|too many errors")]
    [InlineData("k.hip:7:9: note: declared here", "Note|k.hip|7|9|declared here")]
    [InlineData("\u001b[1mclang++: \u001b[0;31merror: \u001b[0munknown argument '-x'", "Error||0|0|clang++: unknown argument '-x'")]
    [InlineData("ld.lld: error: undefined symbol: memcpy", "Error||0|0|ld.lld: undefined symbol: memcpy")]
    [InlineData("fatal error: error in backend: cannot select", "Error||0|0|error in backend: cannot select")]
    public void Messages_of_compilers_and_linkers_are_understood(string line, string expected)
    {
        CompilerDiagnostic found = Assert.Single(DiagnosticsParser.Parse(line + "\r\n"));
        Assert.Equal(expected, $"{found.Severity}|{found.File}|{found.Line}|{found.Column}|{found.Text}");
    }

    [Fact]
    public void A_traceback_and_a_summary_are_no_messages() => Assert.Empty(DiagnosticsParser.Parse(
        """
        Traceback (most recent call last):
          File "/usr/bin/rocm_agent_enumerator", line 257, in <module>
        FileNotFoundError: [Errno 2] No such file or directory: '/sys/class/kfd/kfd/topology/nodes/'
        Use of uninitialized value $HIP_CLANG_INCLUDE_PATH in concatenation (.) or string at /usr/bin/hipcc.pl line 183.
        2 errors generated.
        """));
}

public sealed class ArgumentQuotingTests
{
    [Theory]
    [InlineData("-DA=1  -DB='a b'\n-I\"c d\"/e ''", "-DA=1|-DB=a b|-Ic d/e|")]
    [InlineData("", null)]
    [InlineData("  \n ", null)]
    public void Flags_of_a_property_are_split_as_a_shell_does(string text, string? expected) =>
        Assert.Equal(expected?.Split('|') ?? [], ArgumentQuoting.Split(text));

    [UnixFact]
    public void Arguments_reach_a_program_as_they_are()
    {
        string[] arguments = ["plain", "a b", "", "quote\"inside", @"back\slash", @"ends with \", "größe", "tab\tbed", "'single'"];
        ChildResult result = ChildProcess.Run(
            "/bin/sh", ["-c", "for a in \"$@\"; do echo \"<$a>\"; done", "sh", .. arguments], new Dictionary<string, string>(), TimeSpan.FromSeconds(10), default);
        Assert.Equal(arguments.Select(argument => $"<{argument}>"), result.Output.TrimEnd('\n').Split('\n'));
    }
}

public sealed class UnitNameTests
{
    [Theory]
    [InlineData("My.App.LlamaCollectives.float16_int4")]
    [InlineData("Größe.Ядро")]
    [InlineData("a b+c(1)")]
    public void File_names_are_accepted(string name) => Assert.Null(UnitName.Problem(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("../escape")]
    [InlineData("a/b")]
    [InlineData(@"a\b")]
    [InlineData("a:b")]
    [InlineData("a;b")]
    [InlineData("a%2fb")]
    [InlineData(".hidden")]
    [InlineData("-o")]
    [InlineData("ends.")]
    [InlineData("nul.kernel")]
    [InlineData("line\nbreak")]
    public void Other_names_are_refused(string? name) => Assert.NotNull(UnitName.Problem(name));

    [Fact]
    public void Length_counts_in_bytes()
    {
        Assert.Null(UnitName.Problem(new string('a', UnitName.MaxBytes)));
        Assert.NotNull(UnitName.Problem(new string('ä', UnitName.MaxBytes / 2 + 1)));
    }
}
