using Xunit;

namespace QuickReduce.Processes.Tests.Launch;

/// <summary>What ranks are told, what becomes of what they say, and how the command ends.</summary>
public class LaunchTests
{
    private static readonly string Worker = Path.Combine(AppContext.BaseDirectory, "QuickReduce.Processes.Worker");

    [Fact]
    public void EveryRankIsToldWhoItIs()
    {
        const string Tell = "echo $RANK $LOCAL_RANK $QUICKREDUCE_RANK of $WORLD_SIZE $LOCAL_WORLD_SIZE at $MASTER_ADDR:$MASTER_PORT, $EXTRA$TORCHELASTIC_RUN_ID, $QUICKREDUCE_JOB_ID $QUICKREDUCE_JOB_SECRET";
        using var launcher = Launcher.Start(
            [("TORCHELASTIC_RUN_ID", "another's"), ("RANK", "9")], "-n", "3", "--master-port", "12345", "--env", "EXTRA=a=b", "--", "sh", "-c", Tell);
        var (exitCode, lines, _) = launcher.End();

        Assert.Equal(0, exitCode);
        Array.Sort(lines, StringComparer.Ordinal);
        for (var rank = 0; rank < 3; rank++)
        {
            Assert.StartsWith($"[{rank}] {rank} {rank} {rank} of 3 3 at 127.0.0.1:12345, a=b, ", lines[rank], StringComparison.Ordinal);
        }

        var tokens = lines.Select(static line => line.Split(", ")[2].Split(' ')).ToArray();
        Assert.Single(tokens.Select(static pair => pair[0]).Distinct());
        Assert.Single(tokens.Select(static pair => pair[1]).Distinct());
        Assert.Equal((32, 64), (tokens[0][0].Length, tokens[0][1].Length));
        Assert.NotEqual(tokens[0], Launcher.Run("-n", "1", "--", "sh", "-c", Tell).Output[0].Split(", ")[2].Split(' '));
    }

    [Fact]
    public void RanksOfQuickReduceFindEachOther()
    {
        var (exitCode, lines, error) = Launcher.Run("-n", "4", "--", Worker, "calls", "calls=50");
        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Single(lines.Where(static line => line.Contains("hash", StringComparison.Ordinal)).Select(static line => line.Split("hash")[1]).Distinct());
        Assert.Equal(4, lines.Count(static line => line.Contains("hash", StringComparison.Ordinal)));
    }

    [Fact]
    public void LinesStayWholeAndKnowTheirRank()
    {
        const string Write = "i=0; while [ $i -lt 300 ]; do printf 'rank %s ' $RANK; echo line $i; i=$((i+1)); done; printf end; echo mistake >&2";
        var (exitCode, lines, error) = Launcher.Run("-n", "12", "--", "sh", "-c", Write);
        Assert.Equal(0, exitCode);
        for (var rank = 0; rank < 12; rank++)
        {
            var prefix = "[" + rank.ToString(null as IFormatProvider).PadLeft(2) + "] ";
            Assert.Equal(
                [.. Enumerable.Range(0, 300).Select(i => $"rank {rank} line {i}"), "end"],
                lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..]));
            Assert.Contains(prefix + "mistake\n", error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain('\u001b', error); // no colours where nobody sees them
    }

    [Fact]
    public void WhatIsTypedGoesToTheFirstRankAndOutputCanBeLeftAlone()
    {
        using var launcher = Launcher.Start("-n", "3", "--no-prefix", "--", "cat");
        launcher.Type("for one\n");
        Assert.Equal(["for one"], launcher.End().Output);
    }

    [Fact]
    public void TheFirstFailureIsTheExitCodeAndTheOthersAreEnded()
    {
        var mark = Launcher.NewMark();
        var (exitCode, _, error) = Launcher.Run("-n", "3", "--grace", "0.2", "--", "sh", "-c", "[ $RANK = 1 ] && exit 7; exec sleep " + mark);
        Assert.Equal(7, exitCode);
        Assert.Contains("rank 1 exited with 7; the others have 0.2 s to end.", error, StringComparison.Ordinal);
        Assert.Contains("rank 1 failed first: it exited with 7.", error, StringComparison.Ordinal);
        Assert.Contains("ranks 0, 2 were killed by signal 15 (SIGTERM).", error, StringComparison.Ordinal);
        Assert.Empty(Launcher.ProcessesWith(mark));
    }

    [Fact]
    public void AParentThatIgnoresItsChildrenChangesNothing()
    {
        using var launcher = Launcher.Start("-n", "1", "--", "sh", "-c", $"trap '' CHLD; exec dotnet '{Launcher.Tool}' launch -n 2 -- sh -c 'exit 3'");
        Assert.Equal(3, launcher.End().ExitCode);
    }

    [Fact]
    public void WhoDoesNotEndIsKilled()
    {
        var (exitCode, _, error) = Launcher.Run("-n", "2", "--grace", "0.2", "--", "sh", "-c", "trap '' TERM; [ $RANK = 0 ] && exit 3; while :; do sleep 0.1; done");
        Assert.Equal(3, exitCode);
        Assert.Contains("rank 1 was killed by signal 9 (SIGKILL).", error, StringComparison.Ordinal);
    }

    [Fact]
    public void SurvivorsOfAKilledRankSayWhatTheySaw()
    {
        var (exitCode, lines, error) = Launcher.Run("-n", "3", "--grace", "20", "--", Worker, "fault", "what=kill", "when=between", "culprit=1");
        Assert.Equal(128 + Launcher.Kill, exitCode);
        Assert.Contains("rank 1 failed first: it was killed by signal 9 (SIGKILL).", error, StringComparison.Ordinal);
        Assert.Contains("ranks 0, 2 exited with", error, StringComparison.Ordinal); // by themselves, within the grace time
        Assert.All([0, 2], rank => Assert.Contains(lines, line => line.StartsWith($"[{rank}] exception RankFailedException 1", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(127, "there is no program 'no-such-program'", "-n", "2", "--", "no-such-program")]
    [InlineData(126, "'/etc/passwd' can't be started", "-n", "2", "--", "/etc/passwd")]
    [InlineData(2, "from 1 to 1024", "-n", "0", "--", "true")]
    [InlineData(2, "Cannot parse argument 'x'", "-n", "x", "--", "true")]
    [InlineData(2, "'command' missing", "-n", "2")]
    [InlineData(2, "'-n' is required", "--", "true")]
    [InlineData(2, "it takes NAME=value", "-n", "2", "--env", "NAME", "--", "true")]
    [InlineData(2, "--env can't set RANK", "-n", "2", "--env", "RANK=1", "--", "true")]
    [InlineData(2, "from 1 to 65535", "-n", "2", "--master-port", "70000", "--", "true")]
    public void MistakesAreSaidWithAnExitCode(int exitCode, string complaint, params string[] arguments)
    {
        var run = Launcher.Run(arguments);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal); // no stack trace
    }
}
