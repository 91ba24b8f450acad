namespace QuickReduce.Emulation.Scheduling;

/// <summary>Random numbers that are the same for the same seed in every version of the run time (SplitMix64, Steele et al. 2014).</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from 0 to <paramref name="bound"/> − 1.</summary>
    public int Next(int bound) => (int)((UInt128)Bits() * (ulong)bound >> 64);

    /// <summary>Whether something happens whose probability is 1/<paramref name="oneIn"/>.</summary>
    public bool Chance(int oneIn) => Next(oneIn) == 0;

    public ulong Bits() => Mix(_state += 0x9e3779b97f4a7c15);

    /// <summary>Spreads the bits of a number over all of it.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
        value = (value ^ value >> 27) * 0x94d049bb133111eb;
        return value ^ value >> 31;
    }
}
