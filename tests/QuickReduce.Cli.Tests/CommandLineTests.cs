using System.Diagnostics;
using QuickReduce.Cli.CommandLine;

namespace QuickReduce.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("2K", new[] { 2048L })]
    [InlineData("1M, 2k ,1M", new[] { 2048L, 1L << 20 })]
    [InlineData("100", new[] { 100L })]
    [InlineData("1GiB", new[] { 1L << 30 })]
    [InlineData("2K..16K", new[] { 2048L, 4096L, 8192L, 16384L })]
    [InlineData("3K..10K", new[] { 3072L, 6144L })]
    public void Sizes_are_understood(string text, long[] sizes)
    {
        Assert.True(MessageSize.TryParseList(text, out var found, out _));
        Assert.Equal(sizes, found);
    }

    [Theory]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("1.5K")]
    [InlineData("1..2..3")]
    [InlineData("8K..2K")]
    [InlineData("99999999999G")]
    public void What_is_no_size_is_refused(string text)
    {
        Assert.False(MessageSize.TryParseList(text, out _, out var problem));
        Assert.Contains("is no size", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("benhc", "bench")]
    [InlineData("docter", "doctor")]
    public void An_unknown_command_gets_the_nearest(string typed, string meant)
    {
        var result = Tool.Run(typed).Expect(2);
        Assert.Contains(meant, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void Emit_takes_lists_with_commas_and_suggests_the_nearest()
    {
        Tool.Run("emit", "--data-type", "float16", "--regime", "fp,int4", "--world-size", "2,4", "--output", _folder["kernels"]).Expect(0);
        Assert.Equal(2, Directory.GetFiles(_folder["kernels"]).Length);
        Assert.Contains("The nearest is int4", Tool.Run("emit", "--regime", "itn4", "--output", _folder["none"]).Expect(2).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["none"]));
    }

    [Theory]
    [InlineData("bench")]
    [InlineData("bench compare")]
    [InlineData("tune")]
    [InlineData("completion")]
    public void Help_has_examples(string command) =>
        Assert.Contains($"Examples:\n  ", Tool.Run([.. command.Split(' '), "--help"]).Expect(0).Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);

    [Fact]
    public void Help_names_the_exit_codes() => Assert.Contains("4 a check failed", Tool.Run("--help").Expect(0).Output, StringComparison.Ordinal);

    [Fact]
    public void Every_shell_has_a_script()
    {
        foreach (var shell in new[] { "bash", "zsh", "fish", "pwsh" })
        {
            Assert.Contains("[suggest:", Tool.Run("completion", shell).Expect(0).Output, StringComparison.Ordinal);
        }

        Assert.Contains("The nearest is bash", Tool.Run("completion", "bahs").Expect(2).Error, StringComparison.Ordinal);
    }

    [RequiresProgramsFact("bash")]
    public void Bash_completes_commands_options_and_lists_of_values()
    {
        // The tool under its own name on the path, as an installed one is.
        var tool = _folder["quickreduce"];
        File.WriteAllText(tool, $"#!/bin/sh\nexec '{Path.Combine(AppContext.BaseDirectory, "QuickReduce.Cli")}' \"$@\"\n");
        File.WriteAllText(_folder["completion.bash"], Tool.Run("completion", "bash").Expect(0).Output);
        const string Script = """
            chmod +x quickreduce; PATH=$PWD:$PATH; source completion.bash
            try() {
              COMP_LINE="$1"; COMP_POINT=${#1}; read -ra COMP_WORDS <<<"$1"
              [[ "$1" == *" " ]] && COMP_WORDS+=("")
              COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _quickreduce; echo "${COMPREPLY[*]}"
            }
            try "quickreduce benc"; try "quickreduce bench --world"; try "./quickreduce bench --regime fp,int"; try "quickreduce list some.d"
            """;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", Script]) { WorkingDirectory = Path.GetDirectoryName(tool), RedirectStandardOutput = true })!;
        Assert.Equal(["bench", "--world-size", "fp,int4 fp,int4_group16_shared fp,int6 fp,int8", ""], bash.StandardOutput.ReadToEnd().Split('\n')[..4]);
        bash.WaitForExit();
    }
}
