namespace QuickReduce.InstructionStreams;

/// <summary>Instructions that are only ever executed one after the other.</summary>
/// <param name="Number">Index of the block.</param>
/// <param name="First">Index of its first instruction.</param>
/// <param name="End">Index behind its last.</param>
public sealed record Block(int Number, int First, int End)
{
    /// <summary>Blocks that are entered behind the last instruction.</summary>
    public List<int> Successors { get; } = [];

    /// <summary>Blocks that lead here.</summary>
    public List<int> Predecessors { get; } = [];
}

/// <summary>A loop with one entry.</summary>
/// <param name="Header">The block that it is entered by.</param>
/// <param name="Blocks">All of its blocks, those of loops inside included.</param>
public sealed record Loop(int Header, IReadOnlySet<int> Blocks);

/// <summary>The basic blocks of a kernel, what follows what, and its loops.</summary>
public sealed class ControlFlow
{
    private readonly IReadOnlyList<Instruction> _instructions;

    internal ControlFlow(IReadOnlyList<Instruction> instructions)
    {
        _instructions = instructions;
        Blocks = FindBlocks(instructions);
        foreach (var block in Blocks)
        {
            foreach (var successor in SuccessorsOf(block))
            {
                block.Successors.Add(successor);
                Blocks[successor].Predecessors.Add(block.Number);
            }
        }

        Loops = FindLoops();
    }

    /// <summary>The blocks in the order of their addresses.</summary>
    public IReadOnlyList<Block> Blocks { get; }

    /// <summary>The loops, one for each header.</summary>
    public IReadOnlyList<Loop> Loops { get; }

    /// <summary>The instructions of a block.</summary>
    public IEnumerable<Instruction> InstructionsOf(int block) =>
        _instructions.Take(Blocks[block].First..Blocks[block].End);

    /// <summary>
    /// What holds before each instruction, on all paths that lead to it: the states of paths that meet are joined until
    /// nothing changes.
    /// </summary>
    /// <param name="entry">What holds where the kernel begins.</param>
    /// <param name="step">What an instruction makes of it.</param>
    /// <param name="join">What holds where two paths meet.</param>
    /// <param name="skipsMaskedCode">
    /// Whether waves count that go round code for some lanes because none of theirs is among them. Without them the paths
    /// are those of the wave that does all the work.
    /// </param>
    /// <param name="branch">What the way that a block is left by makes of it: the code of the block, and whether its last jumps.</param>
    /// <returns>The states and the instructions that are reached at all, in the order of their addresses.</returns>
    public IEnumerable<(T Before, Instruction Instruction)> Follow<T>(
        T entry, Func<T, Instruction, T> step, Func<T, T, T> join, bool skipsMaskedCode = true, Func<T, IReadOnlyList<Instruction>, bool, T>? branch = null)
    {
        var states = new Dictionary<int, T> { [0] = entry };
        var waiting = new SortedSet<int> { 0 }; // in the order of the code, so that most paths are walked once
        while (waiting.Count > 0)
        {
            var number = waiting.Min;
            waiting.Remove(number);
            var block = Blocks[number];
            var code = InstructionsOf(number).ToArray();
            var end = code.Aggregate(states[number], step);
            foreach (var successor in block.Successors)
            {
                if (!skipsMaskedCode && successor == WithoutLanes(block))
                {
                    continue;
                }

                var state = branch is null || block.Successors.Count < 2 ? end : branch(end, code, successor == block.Successors[^1]);
                var isKnown = states.TryGetValue(successor, out var known);
                var joined = isKnown ? join(known!, state) : state;
                if (!isKnown || !EqualityComparer<T>.Default.Equals(known, joined))
                {
                    states[successor] = joined;
                    waiting.Add(successor);
                }
            }
        }

        foreach (var (number, before) in states.OrderBy(static pair => pair.Key))
        {
            var state = before;
            foreach (var instruction in InstructionsOf(number))
            {
                yield return (state, instruction);
                state = step(state, instruction);
            }
        }
    }

    /// <summary>Where a wave goes on that has no lane for the masked code at the end of a block; -1 if there is no such code.</summary>
    private int WithoutLanes(Block block)
    {
        var mask = InstructionsOf(block.Number).LastOrDefault(static i => i.Operands is ["exec", ..] || i.Mnemonic.Contains("saveexec", StringComparison.Ordinal));
        return (mask?.Mnemonic, _instructions[block.End - 1].Mnemonic) switch
        {
            ("s_and_saveexec_b64" or "s_and_b64", "s_cbranch_execz") => block.Successors[^1],
            ("s_and_saveexec_b64", "s_cbranch_execnz") => block.Number + 1,
            _ => -1,
        };
    }

    private static Block[] FindBlocks(IReadOnlyList<Instruction> instructions)
    {
        var starts = new SortedSet<int> { 0 };
        for (var i = 0; i < instructions.Count; ++i)
        {
            if (instructions[i].Target is { } target)
            {
                starts.Add(IndexAt(instructions, target));
            }

            if (instructions[i].IsBranch || instructions[i].IsEnd)
            {
                starts.Add(i + 1);
            }
        }

        var bounds = starts.Where(start => start < instructions.Count).Append(instructions.Count).ToArray();
        return [.. Enumerable.Range(0, bounds.Length - 1).Select(i => new Block(i, bounds[i], bounds[i + 1]))];
    }

    /// <summary>Index of the instruction at an address, or of the next one.</summary>
    private static int IndexAt(IReadOnlyList<Instruction> instructions, long address)
    {
        int low = 0, high = instructions.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = instructions[middle].Address < address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private IEnumerable<int> SuccessorsOf(Block block)
    {
        var last = _instructions[block.End - 1];
        if (last.Mnemonic.StartsWith("s_setpc", StringComparison.Ordinal) || last.Mnemonic.StartsWith("s_swappc", StringComparison.Ordinal))
        {
            throw new NotSupportedException($"{last}: calls are not followed; kernels have none.");
        }

        if (last.FallsThrough && block.Number + 1 < Blocks.Count)
        {
            yield return block.Number + 1;
        }

        if (last.Target is { } target)
        {
            var first = IndexAt(_instructions, target);
            yield return Blocks.Single(b => b.First == first).Number;
        }
    }

    private Loop[] FindLoops()
    {
        var dominators = Dominators();
        var loops = new SortedDictionary<int, HashSet<int>>();
        foreach (var block in Blocks)
        {
            foreach (var header in block.Successors.Where(successor => dominators[block.Number]?.Contains(successor) == true))
            {
                if (!loops.TryGetValue(header, out var body))
                {
                    loops[header] = body = [header];
                }

                var waiting = new Stack<int>([block.Number]);
                while (waiting.TryPop(out var number))
                {
                    if (dominators[number] is not null && body.Add(number))
                    {
                        Blocks[number].Predecessors.ForEach(waiting.Push);
                    }
                }
            }
        }

        return [.. loops.Select(static pair => new Loop(pair.Key, pair.Value))];
    }

    /// <summary>For each block those that every path to it passes; null for blocks that no path leads to.</summary>
    private HashSet<int>?[] Dominators()
    {
        var dominators = new HashSet<int>?[Blocks.Count];
        dominators[0] = [0];
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var block in Blocks.Skip(1))
            {
                HashSet<int>? common = null;
                foreach (var predecessor in block.Predecessors)
                {
                    if (dominators[predecessor] is { } known)
                    {
                        common = common is null ? [.. known] : [.. common.Intersect(known)];
                    }
                }

                if (common is not null)
                {
                    common.Add(block.Number);
                    if (dominators[block.Number]?.SetEquals(common) != true)
                    {
                        dominators[block.Number] = common;
                        changed = true;
                    }
                }
            }
        }

        return dominators;
    }
}
