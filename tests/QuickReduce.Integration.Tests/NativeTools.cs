using System.Diagnostics;

namespace QuickReduce.Integration.Tests;

/// <summary>Runs compilers and what they made.</summary>
internal static class NativeTools
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The generated translation units, by name without the kernel set: <c>float16_int4</c>.</summary>
    public static IReadOnlyDictionary<string, string> Units { get; } =
        typeof(AllKernels).Assembly.GetCustomAttributes(typeof(KernelSourceAttribute), inherit: false)
            .Cast<KernelSourceAttribute>()
            .ToDictionary(static source => source.UnitName[(source.UnitName.LastIndexOf('.') + 1)..], static source => source.Text);

    /// <summary>Runs a program; gives its exit code and all that it wrote.</summary>
    public static (int ExitCode, string Output) Run(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"{program} was still running after {Limit}.");
        }

        return (process.ExitCode, output.Result + error.Result);
    }

    /// <summary>Path of what the build placed beside the tests.</summary>
    public static string CodeObject(string architecture, string unit, string extension) =>
        Path.Combine(AppContext.BaseDirectory, "quickreduce", architecture, $"{AllKernels.Kernels.Name}.{unit}{extension}");
}
