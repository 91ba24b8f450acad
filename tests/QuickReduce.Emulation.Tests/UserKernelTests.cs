using System.Runtime.InteropServices;
using FusedRmsNorm;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Emulation.Tests;

/// <summary>
/// A kernel of the user's own (samples/FusedRmsNorm), to the bit of its reference: shared memory, exchanges between lanes
/// through it, division and square root, whose hardware approximations the compiled code has to correct.
/// </summary>
public class UserKernelTests
{
    private const float Epsilon = 1e-5f;
    private const int ThreadsPerBlock = 256;

    [RequiresProgramsTheory("clang++-22")]
    [InlineData("gfx942", 384, 5, 1)]
    [InlineData("gfx942", 1000, 3, 2)]
    [InlineData("gfx942", 8192, 2, 3)]
    [InlineData("gfx950", 4096, 2, 4)]
    public void TheKernelGivesTheBitsOfTheReference(string architecture, int hiddenSize, int rows, ulong seed)
    {
        Check(ElementTypes.Float16, architecture, hiddenSize, rows, seed);
        Check(ElementTypes.BFloat16, architecture, hiddenSize, rows, seed);
    }

    [RequiresProgramsFact("clang++-22")]
    public void WhatIsMissingIsSaid()
    {
        var machine = new EmulatedMachine();
        var file = File.ReadAllBytes(CodeObject("gfx942"));
        var missing = Assert.Throws<NativeLibraryException>(() => machine.Launch(machine.Devices[0], file, "no_such_kernel", 1, 64, []));
        Assert.Contains("no kernel no_such_kernel", missing.Message);
        var few = Assert.Throws<ArgumentException>(() => machine.Launch(machine.Devices[0], file, "fused_rms_norm_float16_hidden_size384", 1, ThreadsPerBlock, new byte[8]));
        Assert.Contains("72 bytes of arguments", few.Message);
        Assert.Throws<ArgumentException>(() => machine.Launch(new EmulatedMachine().Devices[0], file, "fused_rms_norm_float16_hidden_size384", 1, ThreadsPerBlock, new byte[72]));
    }

    private static void Check<T>(ElementType<T> type, string architecture, int hiddenSize, int rows, ulong seed)
        where T : unmanaged
    {
        var random = new Random((int)seed);
        T[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => type.Round((float)((random.NextDouble() * 2 - 1) * Math.Pow(10, random.Next(-2, 3)))))];
        var (input, residual, weight) = (Values(rows * hiddenSize), Values(rows * hiddenSize), Values(hiddenSize));
        var machine = new EmulatedMachine(new EmulationOptions { Architecture = architecture, Seed = seed, Skew = true, WeakMemory = true });
        var device = machine.Devices[0];
        using var stream = device.CreateStream();
        using var inputs = Buffer(input);
        using var residuals = Buffer(residual);
        using var weights = Buffer(weight);
        using var outputs = device.Allocate<T>(input.Length);

        var arguments = new Arguments(inputs.Handle, inputs.Length, residuals.Handle, residuals.Length, weights.Handle, weights.Length, outputs.Handle, outputs.Length, rows, Epsilon);
        var kernel = "fused_rms_norm_" + (typeof(T) == typeof(Half) ? "float16" : "bfloat16") + "_hidden_size" + hiddenSize;
        machine.Launch(device, File.ReadAllBytes(CodeObject(architecture)), kernel, rows, ThreadsPerBlock, MemoryMarshal.AsBytes(new ReadOnlySpan<Arguments>(in arguments)));

        var (sums, output) = (new T[input.Length], new T[input.Length]);
        residuals.CopyTo(sums, stream);
        outputs.CopyTo(output, stream);
        var (expectedSums, expectedOutput) = ((T[])residual.Clone(), new T[input.Length]);
        Reference.Run(type, input, expectedSums, weight, expectedOutput, rows, hiddenSize, Epsilon);
        Assert.Equal(MemoryMarshal.Cast<T, ushort>(expectedSums), MemoryMarshal.Cast<T, ushort>(sums));
        Assert.Equal(MemoryMarshal.Cast<T, ushort>(expectedOutput), MemoryMarshal.Cast<T, ushort>(output));

        DeviceBuffer<T> Buffer(T[] values)
        {
            var buffer = device.Allocate<T>(values.Length);
            buffer.CopyFrom(values, stream);
            return buffer;
        }
    }

    private static string CodeObject(string architecture) => CodeObjectFiles.PathOf(architecture, "FusedRmsNorm.Norms.FusedRmsNorm");

    /// <summary>As the kernel declares its arguments.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Arguments(
        nint Input, long InputLength, nint Residual, long ResidualLength, nint Weight, long WeightLength, nint Output, long OutputLength, int Rows, float Epsilon);
}
