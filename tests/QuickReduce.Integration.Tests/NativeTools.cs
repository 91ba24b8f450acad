using System.Diagnostics;

namespace QuickReduce.Integration.Tests;

/// <summary>Runs compilers and what they made.</summary>
internal static class NativeTools
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly Dictionary<string, string> Sources =
        typeof(DefaultKernels).Assembly.GetCustomAttributes(typeof(KernelSourceAttribute), inherit: false)
            .Cast<KernelSourceAttribute>()
            .ToDictionary(static source => source.UnitName, static source => source.Text);

    /// <summary>The generated text of a translation unit of one of this project's kernel sets.</summary>
    public static string Text(KernelUnit unit) => Sources[unit.Name];

    /// <summary>The generated text of the unit that holds a variant.</summary>
    public static string Text(KernelSet kernels, KernelVariant variant) => Sources[kernels.Name + "." + variant.UnitName];

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
    public static string CodeObject(string architecture, string unitName, string extension) =>
        Path.Combine(AppContext.BaseDirectory, "quickreduce", architecture, unitName + extension);
}
