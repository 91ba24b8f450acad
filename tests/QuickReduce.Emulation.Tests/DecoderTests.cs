using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using QuickReduce.Emulation.CodeObjects;
using QuickReduce.Emulation.Instructions;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Emulation.Tests;

/// <summary>The decoder against LLVM's disassembler, on every instruction of every code object that the build made here.</summary>
public partial class DecoderTests
{
    public static TheoryData<string, string> Objects
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var architecture in new[] { "gfx942", "gfx950" })
            {
                foreach (var unit in EmulatedKernels.Kernels.Units)
                {
                    data.Add(architecture, unit.Name);
                }
            }

            return data;
        }
    }

    [RequiresProgramsTheory("clang++-22", "llvm-objdump-22")]
    [MemberData(nameof(Objects))]
    public void EveryInstructionReadsAsLlvmReadsIt(string architecture, string unit)
    {
        var path = CodeObjectFiles.PathOf(architecture, unit);
        var codeObject = CodeObject.Read(File.ReadAllBytes(path));
        var compared = 0;
        foreach (Match line in Line().Matches(Run("llvm-objdump-22", "-d", path)))
        {
            var address = ulong.Parse(line.Groups["address"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var bytes = codeObject.At(address, (ulong)line.Groups["words"].Value.Trim().Split(' ').Length * 4);
            var instruction = Decoder.Decode(bytes.Span, 0, codeObject.Processor);
            Assert.Equal(Normalized(line.Groups["text"].Value), Normalized(instruction.ToString()));
            Assert.Equal(bytes.Length, 4 * instruction.Words);
            compared++;
        }

        Assert.InRange(compared, 1000, int.MaxValue);
    }

    [RequiresProgramsFact("llvm-mc-22")]
    public void EveryOperationHasTheNumberThatLlvmGivesIt()
    {
        // For every operation an instruction with plain operands, encoded by LLVM and decoded here.
        var texts = OperationTable.Instance.All
            .Select(static entry => (entry.Operation, Text: PlainOperands.Text(entry.Encoding, entry.Operation)))
            .Where(static entry => entry.Text is not null)
            .ToArray();
        var input = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(input, texts.Select(static entry => entry.Text!));
            var output = Run("llvm-mc-22", "--arch=amdgcn", "-mcpu=gfx950", "--show-encoding", input);
            var encodings = EncodingPattern().Matches(output);
            Assert.True(encodings.Count == texts.Length, output);
            for (var i = 0; i < texts.Length; i++)
            {
                var bytes = encodings[i].Groups[1].Value.Split(',').Select(static text => byte.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
                Assert.Equal(texts[i].Operation.Mnemonic, Decoder.Decode(bytes, 0, Processor.Gfx950).Operation.Mnemonic);
            }
        }
        finally
        {
            File.Delete(input);
        }
    }

    [Fact]
    public void WhatIsNotKnownIsAnError()
    {
        byte[] matrixMultiply = [0x00, 0x00, 0xc0, 0xd3, 0x00, 0x01, 0x02, 0x04];
        var error = Assert.Throws<UnknownInstructionException>(() => Decoder.Decode(matrixMultiply, 0, Processor.Gfx942));
        Assert.Contains("unknown operation", error.Message);
        Assert.Throws<UnknownInstructionException>(() => Decoder.Decode([0xff, 0xff], 0, Processor.Gfx942));
    }

    [Fact]
    public void RandomBytesAreDecodedOrRefusedButNeverCrash()
    {
        var random = new Random(1);
        var bytes = new byte[16];
        for (var i = 0; i < 200_000; i++)
        {
            random.NextBytes(bytes);
            try
            {
                Assert.NotEmpty(Decoder.Decode(bytes, 0, Processor.Gfx950).ToString());
            }
            catch (UnknownInstructionException)
            {
            }
        }
    }

    private static string Normalized(string text) => Spaces().Replace(text.Trim(), " ");

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(errors.Result);
    }

    [GeneratedRegex(@"^\t(?<text>\S.*?)\s*// (?<address>[0-9A-F]+): (?<words>[0-9A-F ]+?)(?: <.*>)?$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"encoding: \[(.*)\]")]
    private static partial Regex EncodingPattern();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
