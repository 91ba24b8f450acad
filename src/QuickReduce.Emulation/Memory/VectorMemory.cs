using QuickReduce.Emulation.Execution;
using QuickReduce.Emulation.Instructions;
using QuickReduce.Emulation.Scheduling;

namespace QuickReduce.Emulation.Memory;

/// <summary>
/// Global memory as waves access it. Where the order is weak, a store may stay invisible to other workgroups until its
/// wave has waited for it, or until a random later time, lane by lane and out of order; and a load may see memory as late
/// as when its wave waits for it. The waves of a workgroup see each other's accesses in the order of their issue.
/// </summary>
/// <param name="space">The memory.</param>
/// <param name="random">Decides what happens when.</param>
/// <param name="isWeak">Whether the order is weak.</param>
internal sealed unsafe class VectorMemory(AddressSpace space, SeededRandom random, bool isWeak)
{
    // The longest that an access is held back is 2^15 instructions; half of them are for no more than 2^7.
    private const int MostDelayBits = 16;

    private readonly Stack<MemoryAccess> _unused = [];
    private readonly List<Workgroup> _workgroupsWithPending = [];

    /// <summary>How often memory was changed: while it is not, and no wave ends, nobody gets any further.</summary>
    public long Changes { get; private set; }

    /// <summary>The machine's clock.</summary>
    public long Now { get; set; }

    /// <summary>An access to fill in and give to <see cref="Issue"/>.</summary>
    public MemoryAccess New(Wave wave, Instruction instruction, AccessKind kind, MemoryShape shape)
    {
        if (!_unused.TryPop(out var access))
        {
            access = new MemoryAccess();
        }

        (access.Wave, access.Instruction, access.Kind, access.Shape) = (wave, instruction, kind, shape);
        (access.Mask, access.DestinationWords) = (wave.WriteMask, kind == AccessKind.Load ? shape.Words : 0);
        (access.IsDone, access.IsRetired) = (false, false);
        return access;
    }

    /// <summary>Does an access now, or later where the order is weak.</summary>
    public void Issue(MemoryAccess access)
    {
        if (access.Mask == 0 || access.Kind == AccessKind.Other)
        {
            access.IsDone = true;
            return;
        }

        access.SetRange();
        var workgroup = access.Wave.Workgroup;
        if (isWeak)
        {
            Settle(workgroup, access);
        }

        if (isWeak && (access.IsStore || random.Next(2) == 0))
        {
            RequireMemory(access);
            if (workgroup.Pending.Count == 0)
            {
                _workgroupsWithPending.Add(workgroup);
            }

            access.NotBefore = Now + random.Next(1 << random.Next(MostDelayBits));
            workgroup.Pending.Add(access);
        }
        else
        {
            Perform(access, access.Mask);
        }
    }

    /// <summary>Finishes an access for which its wave waits.</summary>
    public void Finish(MemoryAccess access)
    {
        if (!access.IsDone)
        {
            Perform(access, access.Mask);
            Remove(access);
        }

        Retire(access);
    }

    /// <summary>Forgets an access of a wave that has ended: nobody will see what it loads.</summary>
    public void Abandon(MemoryAccess access)
    {
        if (!access.IsDone && !access.IsStore)
        {
            access.IsDone = true;
            Remove(access);
        }

        Retire(access);
    }

    /// <summary>Lets something that is pending somewhere happen, or a part of it.</summary>
    public void Drift()
    {
        if (_workgroupsWithPending.Count == 0)
        {
            return;
        }

        var workgroup = _workgroupsWithPending[random.Next(_workgroupsWithPending.Count)];
        var access = workgroup.Pending[random.Next(workgroup.Pending.Count)];
        if (access.NotBefore > Now)
        {
            return;
        }

        var some = access.IsStore && random.Next(2) == 0 ? access.Mask & random.Bits() : access.Mask;
        Perform(access, some);
        if (access.IsDone)
        {
            Remove(access);
            Recycle(access);
        }
    }

    /// <summary>Makes everything visible that a workgroup has stored.</summary>
    public void Flush(Workgroup workgroup)
    {
        while (workgroup.Pending.Count > 0)
        {
            PerformPending(workgroup, 0);
        }
    }

    /// <summary>Does what is pending in a workgroup and touches a range, before the workgroup itself accesses that.</summary>
    public void Settle(Workgroup workgroup, ulong first, ulong end)
    {
        for (var i = workgroup.Pending.Count - 1; i >= 0; i--)
        {
            if (workgroup.Pending[i].Touches(first, end))
            {
                PerformPending(workgroup, i);
            }
        }
    }

    /// <summary>Notes that memory has changed.</summary>
    public void NoteChange() => Changes++;

    // Accesses of one workgroup to the same place stay in order: none that conflict are ever pending together.
    private void Settle(Workgroup workgroup, MemoryAccess next)
    {
        for (var i = workgroup.Pending.Count - 1; i >= 0; i--)
        {
            var access = workgroup.Pending[i];
            if ((next.IsStore || access.IsStore) && access.Touches(next))
            {
                PerformPending(workgroup, i);
            }
        }
    }

    private void PerformPending(Workgroup workgroup, int index)
    {
        var access = workgroup.Pending[index];
        Perform(access, access.Mask);
        Remove(access);
        Recycle(access);
    }

    private void Remove(MemoryAccess access)
    {
        var workgroup = access.Wave.Workgroup;
        workgroup.Pending.Remove(access);
        if (workgroup.Pending.Count == 0)
        {
            _workgroupsWithPending.Remove(workgroup);
        }
    }

    private void Retire(MemoryAccess access)
    {
        access.IsRetired = true;
        Recycle(access);
    }

    private void Recycle(MemoryAccess access)
    {
        if (access is { IsDone: true, IsRetired: true })
        {
            _unused.Push(access);
        }
    }

    private void RequireMemory(MemoryAccess access)
    {
        if (space.Covering(access.First, access.End) is not null)
        {
            return;
        }

        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            if ((access.Mask >> lane & 1) != 0)
            {
                space.Require(access.Addresses[lane], (ulong)access.Shape.Bytes, access.IsStore ? "store" : "load");
            }
        }
    }

    private void Perform(MemoryAccess access, ulong lanes)
    {
        access.Mask &= ~lanes;
        access.IsDone = access.Mask == 0;
        if (access.IsStore)
        {
            Changes += LaneTransfer.Store(space, access, lanes) ? 1 : 0;
        }
        else
        {
            LaneTransfer.Load(space, access, lanes);
        }
    }
}
