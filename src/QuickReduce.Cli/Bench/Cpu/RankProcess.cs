using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace QuickReduce.Cli.Bench.Cpu;

/// <summary>A process of this tool that is one rank. Disposing it ends it.</summary>
internal sealed class RankProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private RankProcess(Process process) => _process = process;

    /// <summary>Starts a rank and tells it its job.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The process cannot be started.</exception>
    public static RankProcess Start(RankJob job)
    {
        var (program, arguments) = ThisTool();
        var rank = new RankProcess(new Process
        {
            StartInfo = new ProcessStartInfo(program, [.. arguments, RankCommand.Name])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
        });
        rank._process.ErrorDataReceived += (_, line) =>
        {
            lock (rank._errors)
            {
                rank._errors.AppendLine(line.Data);
            }
        };
        rank._process.Start();
        rank._process.BeginErrorReadLine();
        rank._process.StandardInput.WriteLine(JsonSerializer.Serialize(job, RankJson.Default.RankJob));
        rank._process.StandardInput.Flush();
        return rank;
    }

    /// <summary>The result of the next case.</summary>
    /// <exception cref="RankProcessException">The process has ended without one.</exception>
    public async Task<RankResult> NextAsync(CancellationToken cancellation)
    {
        if (await _process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            return JsonSerializer.Deserialize(line, RankJson.Default.RankResult)!;
        }

        await _process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        lock (_errors)
        {
            var said = _errors.ToString().Trim();
            throw new RankProcessException(said.Length > 0 ? said : $"A rank's process has ended with exit code {_process.ExitCode} and said nothing.");
        }
    }

    /// <summary>Ends the process if it still runs, and waits for its end.</summary>
    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It was never started.
        }

        _process.Dispose();
    }

    /// <summary>How this tool is started once more: by .NET's own host, whatever started this process.</summary>
    private static (string Program, string[] Arguments) ThisTool()
    {
        var assembly = typeof(RankProcess).Assembly.Location;
        var root = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var dotnet = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(dotnet) ? (dotnet, ["exec", assembly]) : (Environment.ProcessPath!, []);
    }
}

/// <summary>A rank's process failed; the message is what it said.</summary>
internal sealed class RankProcessException(string message) : Exception(message);
