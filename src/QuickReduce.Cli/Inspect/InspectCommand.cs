using System.CommandLine;
using QuickReduce.Build;
using QuickReduce.Cli.CommandLine;
using Spectre.Console;

namespace QuickReduce.Cli.Inspect;

/// <summary>Shows compiled kernels: registers, spills, occupancy, instructions, HIP text.</summary>
internal static class InspectCommand
{
    private const int Suggestions = 6;

    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "A built assembly (.dll) with its compiled kernels beside it, or one compiled file: .hsaco, .ptx, .so." };
        var kernel = new Option<string?>("--kernel") { Description = "One kernel: its name, or a part that no other kernel has.", HelpName = "name" };
        var architecture = new Option<string?>("--arch") { Description = "One architecture of several: gfx942, sm_90, x86-64-v3.", HelpName = "name" };
        var hip = new Option<bool>("--hip") { Description = "Write the HIP text of the kernel's unit, as the assembly carries it." };
        var disassembly = new Option<bool>("--disassembly") { Description = "Write the kernel's machine code (AMD, with llvm-objdump) or PTX." };
        var json = CommandOutput.CreateJsonOption();
        var command = new ExampleCommand(
            "inspect",
            "Shows what compiled kernels need and consist of: a table of all, or everything about one. Exits with 1 if there is no such kernel, or no program to disassemble it with.",
            "quickreduce inspect bin/Release/net10.0/App.dll",
            "quickreduce inspect App.dll --kernel two_shot_all_reduce_float16_int4_world8 --arch gfx942",
            "quickreduce inspect App.dll --kernel float16_int4_world8 --hip > kernel.hip",
            "quickreduce inspect quickreduce/gfx942/App.LlamaCollectives.float16_int4.hsaco --kernel world8 --disassembly",
            "quickreduce inspect App.dll --json") { file, kernel, architecture, hip, disassembly, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(hip) && result.GetValue(disassembly) && !result.GetValue(json))
            {
                result.AddError("--hip and --disassembly are two texts: ask for one at a time, or for both with --json.");
            }
        });
        command.SetAction((result, cancellation) => Task.FromResult(Run(
            result.GetValue(file)!.FullName,
            new(result.GetValue(kernel), result.GetValue(architecture), result.GetValue(hip), result.GetValue(disassembly), result.GetValue(json)),
            cancellation)));
        return command;
    }

    private static int Run(string path, Question question, CancellationToken cancellation)
    {
        try
        {
            var disassembler = Disassembler.OnPath(new SearchSpace(Environment.GetEnvironmentVariable));
            var files = Choose(Inspection.Read(path, disassembler, cancellation), question);
            Show(files, question, (file, kernel) => KernelListing.Of(file, kernel.Name, disassembler, cancellation));
            return ExitCode.Success;
        }
        catch (NothingToInspectException nothing)
        {
            Console.Error.WriteLine("quickreduce: " + nothing.Message);
            return ExitCode.Missing;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or UnusableKernelSourceException or UnreadableCodeObjectException)
        {
            return CommandOutput.Fail(failure.Message);
        }
    }

    private static void Show(IReadOnlyList<InspectedFile> files, Question question, Func<InspectedFile, KernelReport, IReadOnlyList<string>> list)
    {
        if (question.Json)
        {
            InspectionView.WriteJson(files, question.Disassembly ? list : null, question.Hip);
        }
        else if (question.Hip)
        {
            var texts = files.Select(static file => file.Hip).Distinct().ToArray();
            Console.Out.Write(texts is [{ } text] ? text : throw new NothingToInspectException(
                texts.Length > 1
                    ? "Kernels of several units are meant. Name one with --kernel."
                    : "A compiled file does not have its HIP text. Name the assembly (.dll) that it was built with instead."));
        }
        else if (question.Disassembly)
        {
            var chosen = files.SelectMany(static file => file.Report.Kernels.Select(kernel => (File: file, Kernel: kernel))).ToArray();
            if (chosen.Length > 1)
            {
                throw new NothingToInspectException("Several kernels are meant. Name one with --kernel, and one architecture with --arch.");
            }

            foreach (var line in list(chosen[0].File, chosen[0].Kernel))
            {
                Console.Out.WriteLine(line);
            }
        }
        else if (question.Kernel is null)
        {
            InspectionView.WriteTable(CommandOutput.CreateConsole(), files);
        }
        else
        {
            var console = CommandOutput.CreateConsole();
            foreach (var file in files)
            {
                InspectionView.WriteKernel(console, file, file.Report.Kernels[0]);
                console.WriteLine();
            }
        }
    }

    /// <summary>The files of the architecture, each with the kernel that is asked for, or all of them.</summary>
    private static IReadOnlyList<InspectedFile> Choose(IReadOnlyList<InspectedFile> files, Question question)
    {
        var chosen = files.Where(file => question.Architecture is not { } asked || IsTarget(file.Report.Target, asked)).ToArray();
        if (chosen.Length == 0)
        {
            throw new NothingToInspectException(
                $"Nothing is compiled for '{question.Architecture}'. There is: {string.Join(", ", files.Select(static file => file.Report.Target).Distinct())}.");
        }

        if (question.Kernel is not { } name)
        {
            return chosen;
        }

        string[] names = [.. chosen.SelectMany(static file => file.Report.Kernels).Select(static kernel => kernel.Name).Distinct()];
        var matches = Matches(names, name);
        return matches is [var one]
            ? [.. chosen
                .Select(file => file with { Report = file.Report with { Kernels = [.. file.Report.Kernels.Where(kernel => kernel.Name == one)] } })
                .Where(static file => file.Report.Kernels.Count > 0)]
            : throw new NothingToInspectException(matches.Length == 0
                ? $"There is no kernel '{name}'. There are: {Some(names)}."
                : $"'{name}' is part of {matches.Length} names: {Some(matches)}. Give more of one.");
    }

    /// <summary>An architecture with its features, or without.</summary>
    private static bool IsTarget(string target, string asked) => target == asked || target.Split(':')[0] == asked;

    /// <summary>Names that are meant by a part of them, in whole words: <c>float16_int4</c> is no part of <c>bfloat16_int4</c>.</summary>
    private static string[] Matches(string[] names, string asked)
    {
        if (names.Contains(asked))
        {
            return [asked];
        }

        string[] matches = [.. names.Where(name => ("_" + name).Contains("_" + asked, StringComparison.OrdinalIgnoreCase))];
        // A library for the CPU has a function for each phase of a kernel, with the kernel's name before it.
        return matches.MinBy(static name => name.Length) is { } shortest && matches.All(name => name == shortest || name.StartsWith(shortest + "_", StringComparison.Ordinal))
            ? [shortest]
            : matches;
    }

    private static string Some(string[] names) =>
        string.Join(", ", names.Take(Suggestions)) + (names.Length > Suggestions ? $" and {names.Length - Suggestions} more" : string.Empty);

    private sealed record Question(string? Kernel, string? Architecture, bool Hip, bool Disassembly, bool Json);
}
