using System.Globalization;
using System.Text;

namespace QuickReduce.Cli.Launch;

/// <summary>
/// A process beside the launcher that ends whatever is left of a job when the launcher has ended, however it has ended. It
/// reads a pipe whose other end only the launcher holds: the kernel closes that even when the launcher is killed.
/// </summary>
/// <remarks>
/// A shell and not this program once more: it must be there before the first rank is, and cost nothing while it waits.
/// What belongs to the job is known by the job's id, which every process inherits in its environment, also in a session of
/// its own; and, for programs that empty their environment, by the ranks' process groups.
/// (<c>PR_SET_PDEATHSIG</c> reaches the ranks alone, not what they have started, and goes by the thread that started them.)
/// </remarks>
internal sealed class JobGuard : IDisposable
{
    private const string Script =
        """
        trap '' HUP INT QUIT TERM
        mark=$1 tenths=$2 groups=none
        while read -r told; do
          if [ "$told" = now ]; then tenths=0; else groups="$groups|$told"; fi
        done

        members() {
          grep -lsF -e "$mark" /proc/[0-9]*/environ
          grep -lsE -e "^[0-9]+ [(].*[)] [^ZX] [0-9]+ ($groups) " /proc/[0-9]*/stat
        }
        send() {
          for file in $(members); do
            process=${file#/proc/}
            kill -s "$1" "${process%%/*}"
          done
        }

        # A rank that has only just started may not have been told of; its group is known by itself.
        for file in $(grep -lsF -e "$mark" /proc/[0-9]*/environ); do
          read -r line 2> /dev/null < "${file%environ}stat" || continue
          set -- ${line##*[)] }
          groups="$groups|$3"
        done

        [ -n "$(members)" ] || exit 0
        send TERM
        while [ "$tenths" -gt 0 ] && [ -n "$(members)" ]; do sleep 0.1; tenths=$((tenths - 1)); done
        tenths=50
        while [ "$tenths" -gt 0 ] && [ -n "$(members)" ]; do send KILL; sleep 0.1; tenths=$((tenths - 1)); done
        """;

    private readonly SpawnedProcess _shell;
    private readonly FileStream _pipe;

    /// <summary>Starts the guard.</summary>
    /// <param name="mark">The variable, as <c>NAME=value</c>, that all processes of the job have in their environment, and no others.</param>
    /// <param name="grace">Time between the request to end and the kill.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no shell.</exception>
    public JobGuard(string mark, TimeSpan grace)
    {
        var (reading, writing) = SpawnedProcess.CreatePipe();
        _pipe = new FileStream(writing, FileAccess.Write, bufferSize: 0);
        using (reading)
        using (var nowhere = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write))
        {
            var tenths = ((int)Math.Ceiling(grace.TotalSeconds * 10)).ToString(CultureInfo.InvariantCulture);
            var environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin", ["LC_ALL"] = "C" };
            try
            {
                _shell = SpawnedProcess.Start(["/bin/sh", "-c", Script, "quickreduce-guard", mark, tenths], environment, reading, nowhere, nowhere);
            }
            catch
            {
                _pipe.Dispose();
                throw;
            }
        }
    }

    /// <summary>Tells of a rank that has started.</summary>
    public void Add(SpawnedProcess rank) => Tell(rank.Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>Has no more patience with what is left.</summary>
    public void Hurry() => Tell("now");

    /// <summary>Has what is left of the job ended, and waits for that.</summary>
    public void Dispose()
    {
        _pipe.Dispose();
        _shell.Wait();
        _shell.Dispose();
    }

    private void Tell(string what)
    {
        try
        {
            _pipe.Write(Encoding.ASCII.GetBytes(what + "\n"));
        }
        catch (IOException)
        {
            // Somebody has killed the guard. The launcher itself still ends the ranks.
        }
    }
}
