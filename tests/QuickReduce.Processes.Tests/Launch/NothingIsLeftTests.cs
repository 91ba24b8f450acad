using System.Diagnostics;
using Xunit;

namespace QuickReduce.Processes.Tests.Launch;

/// <summary>However a job ends, and whatever its ranks have started: nothing of it outlives the launcher.</summary>
public class NothingIsLeftTests
{
    // Five processes a rank: in its group, in a session of its own, deaf to requests, without an environment, and itself.
    private const int ProcessesOfFamily = 5;
    private const string Family = "sleep $MARK & setsid sleep $MARK & (trap '' TERM INT; exec sleep $MARK) & env -i sleep $MARK & exec sleep $MARK";

    [Theory]
    [InlineData(Launcher.Kill)]
    [InlineData(Launcher.Terminate)]
    [InlineData(Launcher.Interrupt)]
    public void NothingOutlivesALauncherThatIsEnded(int signal)
    {
        var mark = Launcher.NewMark();
        using var launcher = Launcher.Start("-n", "2", "--grace", "0.5", "--env", "MARK=" + mark, "--", "sh", "-c", Family);
        Launcher.WaitFor(2 * ProcessesOfFamily, mark);
        launcher.Send(signal);

        Assert.Equal(128 + signal, launcher.End().ExitCode);
        Launcher.WaitFor(0, mark);
    }

    [Fact]
    public void ASecondInterruptKills()
    {
        var mark = Launcher.NewMark();
        using var launcher = Launcher.Start("-n", "2", "--grace", "3000", "--", "sh", "-c", "trap '' INT TERM; setsid sleep " + mark + " & sleep " + mark);
        Launcher.WaitFor(4, mark);
        launcher.Send(Launcher.Interrupt);
        Thread.Sleep(200);
        Assert.Equal(4, Launcher.ProcessesWith(mark).Length);
        launcher.Send(Launcher.Interrupt);

        var (exitCode, _, error) = launcher.End();
        Assert.Equal(130, exitCode);
        Assert.Contains("ranks 0, 1 were killed by signal 9 (SIGKILL).", error, StringComparison.Ordinal);
        Assert.Empty(Launcher.ProcessesWith(mark));
    }

    [Fact]
    public void WhatARankLeavesBehindIsEndedToo()
    {
        var mark = Launcher.NewMark();
        var (exitCode, _, error) = Launcher.Run("-n", "2", "--grace", "0.5", "--", "sh", "-c", "setsid sleep " + mark + " & sleep " + mark + " & exit 0");
        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Empty(Launcher.ProcessesWith(mark));
    }

    [Fact]
    public void ARankKilledFromOutsideEndsTheJob()
    {
        var mark = Launcher.NewMark();
        using var launcher = Launcher.Start("-n", "3", "--grace", "0.2", "--", "sleep", mark);
        Launcher.SendTo(Launcher.WaitFor(3, mark)[1], Launcher.Kill);

        var (exitCode, _, error) = launcher.End();
        Assert.Equal(128 + Launcher.Kill, exitCode);
        Assert.Contains("failed first: it was killed by signal 9 (SIGKILL).", error, StringComparison.Ordinal);
        Assert.Empty(Launcher.ProcessesWith(mark));
    }

    [Fact]
    public void TheReaderOfAPipelineMayGo()
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", $"dotnet '{Launcher.Tool}' launch -n 2 -- yes 2>/dev/null | head -n 2; echo ${{PIPESTATUS[0]}}"])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("141", shell.StandardOutput.ReadToEnd().TrimEnd().Split('\n')[^1]);
    }
}
