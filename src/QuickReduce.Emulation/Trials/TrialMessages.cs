using System.Runtime.InteropServices;
using QuickReduce.Emulation.Scheduling;

namespace QuickReduce.Emulation.Trials;

/// <summary>Messages that a trial all-reduces.</summary>
public enum TrialData
{
    /// <summary>Finite numbers of a magnitude that changes from group to group, from 1e-5 to 1e3.</summary>
    Finite = 0,

    /// <summary>Every bit pattern alike: NaN, infinities, subnormals and the largest numbers are frequent.</summary>
    AnyBits = 1,

    /// <summary>Subnormals and zeros of both signs.</summary>
    Subnormal = 2,
}

/// <summary>Makes messages from a seed.</summary>
internal static class TrialMessages
{
    private const int GroupSize = SpecializationRules.DefaultGroupSize;

    /// <summary>One message for every rank.</summary>
    public static T[][] Make<T>(TrialData data, SeededRandom random, int ranks, int count)
        where T : unmanaged => [.. Enumerable.Range(0, ranks).Select(_ => Message<T>(data, random, count))];

    private static T[] Message<T>(TrialData data, SeededRandom random, int count)
        where T : unmanaged
    {
        var message = new T[count];
        var magnitude = 1.0;
        for (var i = 0; i < count; i++)
        {
            if (i % GroupSize == 0)
            {
                magnitude = Math.Pow(10, random.Next(9) - 5);
            }

            message[i] = data switch
            {
                TrialData.AnyBits => FromBits<T>((uint)random.Bits()),
                TrialData.Subnormal => FromBits<T>((uint)random.Bits() & SubnormalBits<T>() & (random.Chance(4) ? SignBits<T>() : uint.MaxValue)),
                _ => FromNumber<T>((float)((random.Bits() / (double)ulong.MaxValue * 2 - 1) * magnitude)),
            };
        }

        return message;
    }

    private static T FromNumber<T>(float number)
        where T : unmanaged => typeof(T) == typeof(float) ? (T)(object)number : typeof(T) == typeof(Half) ? (T)(object)(Half)number : (T)(object)(BFloat16)number;

    private static T FromBits<T>(uint bits)
        where T : unmanaged => MemoryMarshal.Read<T>(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in bits)));

    private static uint SubnormalBits<T>() => typeof(T) == typeof(float) ? 0x807fffffu : typeof(T) == typeof(Half) ? 0x83ffu : 0x807fu;

    private static uint SignBits<T>() => typeof(T) == typeof(float) ? 0x80000000u : 0x8000u;
}
