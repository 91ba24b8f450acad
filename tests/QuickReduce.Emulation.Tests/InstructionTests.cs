using System.Diagnostics;
using System.Runtime.InteropServices;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Emulation.Tests;

/// <summary>
/// Arithmetic compiled for the GPU and run in the emulator, against the same text compiled for this processor: integers of
/// 16, 32 and 64 bits, fp16, fp32 and fp64, conversions and comparisons, on ordinary and special values.
/// </summary>
public sealed unsafe class InstructionTests
{
    private const int Inputs = 4, Outputs = 50, ThreadsPerBlock = 256, Blocks = 16;

    // Zeros, ones, the ends of integers and of the three floating-point types, infinities, NaNs, subnormals.
    private static readonly uint[] Special =
    [
        0, 1, 2, 31, 32, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000,
        0x7fc00000, 0x7f7fffff, 0x00800000, 0x007fffff, 0x80000003, 0x4f000000, 0x4effffff, 0x4f7fffff, 0x477fe000, 0x477ff000, 0x33800000, 0x33000001, 0x3c00, 0x7bff, 0x0001, 0xfc00,
    ];

    [RequiresProgramsTheory("clang++-22", "ld.lld-22")]
    [InlineData("gfx942")]
    [InlineData("gfx950")]
    public void ArithmeticHasTheBitsOfThisProcessor(string architecture)
    {
        var folder = Directory.CreateTempSubdirectory("quickreduce-arithmetic-").FullName;
        try
        {
            var source = Path.Combine(AppContext.BaseDirectory, "native", "arithmetic.cpp");
            var (library, codeObject) = (Path.Combine(folder, "arithmetic.so"), Path.Combine(folder, "arithmetic.hsaco"));
            Compile("-x", "c++", "-O2", "-mf16c", "-mfma", "-fexcess-precision=16", "-shared", "-fPIC", "-o", library, source);
            Compile("-x", "hip", "--offload-arch=" + architecture, "--cuda-device-only", "--no-gpu-bundle-output", "-nogpuinc", "-nogpulib", "-O3", "-o", codeObject, source);

            var input = Input();
            var expected = new uint[Blocks * ThreadsPerBlock * Outputs];
            fixed (uint* from = input, to = expected)
            {
                ((delegate* unmanaged<uint*, uint*, uint, void>)NativeLibrary.GetExport(NativeLibrary.Load(library), "arithmetic"))(from, to, Blocks * ThreadsPerBlock);
            }

            var actual = Emulate(architecture, File.ReadAllBytes(codeObject), input);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.True(expected[i] == actual[i], $"output {i % Outputs} of {string.Join(' ', input.AsSpan(i / Outputs * Inputs, Inputs).ToArray().Select(static word => word.ToString("x8")))}: {actual[i]:x8} and not {expected[i]:x8}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static uint[] Emulate(string architecture, byte[] codeObject, uint[] input)
    {
        var machine = new EmulatedMachine(new EmulationOptions { Architecture = architecture, WeakMemory = true });
        using var stream = machine.Devices[0].CreateStream();
        using var inputs = machine.Devices[0].Allocate<uint>(input.Length);
        using var outputs = machine.Devices[0].Allocate<uint>(input.Length / Inputs * Outputs);
        inputs.CopyFrom(input, stream);
        machine.Launch(machine.Devices[0], codeObject, "arithmetic", Blocks, ThreadsPerBlock, MemoryMarshal.AsBytes<nint>([inputs.Handle, outputs.Handle]));
        var result = new uint[outputs.Length];
        outputs.CopyTo(result, stream);
        return result;
    }

    private static uint[] Input()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Blocks * ThreadsPerBlock * Inputs).Select(_ => random.Next(4) switch
        {
            0 => Special[random.Next(Special.Length)],
            1 => (uint)random.Next(1000),
            2 => BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-5, 9)))),
            _ => (uint)random.NextInt64(1L << 32),
        })];
    }

    private static void Compile(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("clang++-22", ["-std=c++17", "-ffp-contract=off", .. arguments]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }
}
