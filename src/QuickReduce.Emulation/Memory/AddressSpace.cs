using System.Globalization;
using System.Runtime.InteropServices;
using QuickReduce.Emulation.Execution;

namespace QuickReduce.Emulation.Memory;

/// <summary>A range of device memory, with a byte beside each of its bytes that says whether anybody has written it.</summary>
internal sealed unsafe class Allocation
{
    public Allocation(ulong address, ulong bytes, int device, string name)
    {
        Address = address;
        Bytes = bytes;
        Device = device;
        Name = name;
        Data = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
        Defined = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
    }

    ~Allocation() => Release();

    public ulong Address { get; }

    public ulong Bytes { get; }

    public int Device { get; }

    public string Name { get; }

    public bool IsFreed { get; private set; }

    public byte* Data { get; private set; }

    /// <summary>1 for every byte that was written.</summary>
    public byte* Defined { get; private set; }

    public void Free()
    {
        IsFreed = true;
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        NativeMemory.Free(Data);
        NativeMemory.Free(Defined);
        Data = null;
        Defined = null;
    }
}

/// <summary>
/// The one address space of all emulated devices. Addresses are the same in every run, are never used twice, and there is
/// nothing between allocations: whatever points beside one is found.
/// </summary>
internal sealed unsafe class AddressSpace
{
    private const ulong Start = 0x7f00_0000_0000;
    private const int PageShift = 16;
    private const ulong PageBytes = 1ul << PageShift;

    private readonly List<Allocation?> _pages = [];
    private Allocation? _last;

    public long AllocatedBytes { get; private set; }

    public Allocation Allocate(int device, ulong bytes, string name)
    {
        var allocation = new Allocation(Start + (ulong)_pages.Count * PageBytes, bytes, device, name);
        var pages = (bytes + PageBytes - 1) >> PageShift;
        for (ulong page = 0; page < pages; page++)
        {
            _pages.Add(allocation);
        }

        _pages.Add(null); // nobody's
        AllocatedBytes += (long)bytes;
        return allocation;
    }

    /// <summary>Frees the allocation that begins at an address; false where there is none.</summary>
    public bool Free(ulong address)
    {
        if (Find(address) is not { IsFreed: false } allocation || allocation.Address != address)
        {
            return false;
        }

        AllocatedBytes -= (long)allocation.Bytes;
        allocation.Free();
        _last = null;
        return true;
    }

    /// <summary>The allocation around an address, also one that was freed; null for none.</summary>
    public Allocation? Find(ulong address)
    {
        var page = (address - Start) >> PageShift;
        return page < (ulong)_pages.Count && _pages[(int)page] is { } allocation && address - allocation.Address < allocation.Bytes ? allocation : null;
    }

    /// <summary>The allocation that covers a range of addresses; null where none covers all of it.</summary>
    public Allocation? Covering(ulong first, ulong end) =>
        Find(first) is { IsFreed: false } allocation && end >= first && end - allocation.Address <= allocation.Bytes ? allocation : null;

    /// <summary>The allocation that a range of addresses lies in.</summary>
    /// <exception cref="Fault">It lies in none.</exception>
    public Allocation Require(ulong address, ulong bytes, string access)
    {
        if (_last is { } last && address - last.Address < last.Bytes && bytes <= last.Bytes - (address - last.Address))
        {
            return last;
        }

        var allocation = Find(address);
        if (allocation is null || allocation.IsFreed || bytes > allocation.Bytes - (address - allocation.Address))
        {
            throw new Fault(EmulationProblem.OutOfBounds, access + " of " + bytes + " bytes at 0x" + address.ToString("x", CultureInfo.InvariantCulture) + ", " + Where(allocation, address, bytes));
        }

        _last = allocation;
        return allocation;
    }

    private string Where(Allocation? allocation, ulong address, ulong bytes)
    {
        if (allocation is { IsFreed: true })
        {
            return "in " + allocation.Name + ", which was freed";
        }

        if (allocation is not null)
        {
            return (address + bytes - allocation.Address - allocation.Bytes) + " bytes past the end of " + allocation.Name + " (" + allocation.Bytes + " bytes)";
        }

        var page = (address - Start) >> PageShift;
        for (var before = long.Min((long)page, _pages.Count - 1); page < 1ul << 40 && before >= 0 && before + 2 > (long)page; before--)
        {
            if (_pages[(int)before] is { } near)
            {
                return (address - near.Address - near.Bytes) + " bytes past the end of " + near.Name + " (" + near.Bytes + " bytes)";
            }
        }

        return "where there is no memory";
    }
}
