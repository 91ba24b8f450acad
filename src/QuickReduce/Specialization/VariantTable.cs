namespace QuickReduce;

/// <summary>
/// Finds variants by others. Filled by one thread, then read by any.
/// </summary>
/// <remarks>
/// In place of a dictionary: one over a structure of this assembly has to be compiled in every process that starts, also where
/// this assembly is compiled already, and every rank of a job needs it to join.
/// </remarks>
/// <param name="capacity">Most variants that are added.</param>
internal sealed class VariantTable(int capacity)
{
    private readonly KernelVariant[] _keys = new KernelVariant[capacity];
    private readonly KernelVariant[] _values = new KernelVariant[capacity];
    private readonly int[] _next = new int[capacity];
    private readonly int[] _first = new int[int.Max(capacity, 1)]; // number of an entry, from 1
    private int _count;

    /// <summary>Adds a variant, unless there is one under this key already.</summary>
    /// <returns>Whether it was added.</returns>
    public bool TryAdd(KernelVariant key, KernelVariant value)
    {
        if (IndexOf(key) >= 0)
        {
            return false;
        }

        ref var first = ref _first[Bucket(key)];
        _keys[_count] = key;
        _values[_count] = value;
        _next[_count] = first;
        first = ++_count;
        return true;
    }

    /// <summary>What was added under a key; null where nothing was.</summary>
    public KernelVariant? Find(KernelVariant key) => IndexOf(key) is var index and >= 0 ? _values[index] : null;

    private int IndexOf(KernelVariant key)
    {
        var index = _first[Bucket(key)] - 1;
        while (index >= 0 && !_keys[index].Equals(key))
        {
            index = _next[index] - 1;
        }

        return index;
    }

    private int Bucket(KernelVariant key) => (int)((uint)key.GetHashCode() % (uint)_first.Length);
}
