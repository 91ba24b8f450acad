using System.Diagnostics;
using System.Globalization;
using QuickReduce.Rendezvous.Linux;
using QuickReduce.Tests.Shared;
using Xunit;

namespace QuickReduce.Processes.Tests.Faults;

/// <summary>That a process runs no more is seen before the kernel has given back what it held.</summary>
public class ProcessIdentityTests
{
    // Ends its first thread and goes on in another.
    private const string FirstThreadEnds = """
        #include <pthread.h>
        #include <unistd.h>
        static void *go_on(void *unused) { sleep(60); return unused; }
        int main() { pthread_t thread; pthread_create(&thread, 0, go_on, 0); pthread_exit(0); }
        """;

    [Fact]
    public void AProcessThatRunsIsNotEnding()
    {
        Assert.Equal(Environment.ProcessId, ProcessIdentity.Current.Id);
        Assert.False(ProcessIdentity.Current.IsEnding());
    }

    [Fact]
    public void LookingAtOneAllocatesNothing()
    {
        _ = ProcessIdentity.Current.IsEnding();
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = ProcessIdentity.Current.IsEnding();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void OneThatWasKilledIsEndingWhileItStillHasItsNumber()
    {
        // Nobody asks after the inner process's end, so the kernel keeps its number.
        using var parent = Start("/bin/sh", "-c", "sleep 60 & echo $!; exec sleep 60");
        var child = ProcessIdentity.Of(int.Parse(parent.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        Assert.False(child.IsEnding());
        using (var kill = Start("/bin/kill", "-KILL", child.Id.ToString(CultureInfo.InvariantCulture)))
        {
            kill.WaitForExit();
        }

        Assert.True(SpinWait.SpinUntil(child.IsEnding, TimeSpan.FromSeconds(10)));
        Assert.False((child with { StartTime = child.StartTime + 1 }).IsEnding());
        parent.Kill();
    }

    [Fact]
    public void OneThatIsGoneIsNotEnding()
    {
        using var process = Start("/bin/sleep", "60");
        var identity = ProcessIdentity.Of(process.Id);
        process.Kill();
        process.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => !identity.IsEnding(), TimeSpan.FromSeconds(10)));
        Assert.Equal(default, ProcessIdentity.Of(process.Id));
    }

    [RequiresProgramsFact("clang-22")]
    public void OneWhoseFirstThreadHasEndedIsNotEnding()
    {
        var program = Path.Combine(Directory.CreateTempSubdirectory("quickreduce-identity-").FullName, "program");
        File.WriteAllText(program + ".c", FirstThreadEnds);
        using (var compiler = Start("clang-22", "-pthread", "-o", program, program + ".c"))
        {
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }

        using var process = Start(program);
        var status = "/proc/" + process.Id.ToString(CultureInfo.InvariantCulture) + "/stat";
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal), TimeSpan.FromSeconds(10)));
        Assert.False(ProcessIdentity.Of(process.Id).IsEnding());
        process.Kill();
        process.WaitForExit();
        Directory.Delete(Path.GetDirectoryName(program)!, recursive: true);
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
}
