namespace QuickReduce.InstructionStreams;

/// <summary>
/// What a wave executes of a two-shot kernel for one whole tile, from aligned buffers: every block as often as
/// the loop around it turns for such a tile. Turns of polls are not counted, and lanes that are masked out count like others.
/// </summary>
/// <param name="VectorAlu">Instructions that compute in vector registers.</param>
/// <param name="Memory">Loads and stores of vectors.</param>
/// <param name="Encodings">Rows that are encoded: reciprocals of scales.</param>
/// <param name="Total">All instructions.</param>
public sealed record TileCost(int VectorAlu, int Memory, int Encodings, int Total)
{
    private const int ElementsPerAtom = 8;

    /// <summary>Counts for a kernel whose tiles have the given number of rows, of one atom per lane.</summary>
    /// <exception cref="InvalidOperationException">
    /// The blocks that were counted do not read and write exactly the rows of a tile: the kernel has another shape than this knows.
    /// </exception>
    public static TileCost Of(KernelCode kernel, int rowsPerTile, int worldSize)
    {
        var flow = kernel.Flow;
        var origins = kernel.Accesses.ToDictionary(static access => access.Instruction.Address, static access => access.Address.Origin);
        bool Is(Instruction i, Origin origin) => i.IsStreaming && origins.TryGetValue(i.Address, out var known) && known.HasFlag(origin);

        var edges = kernel.EdgeLoops.SelectMany(static loop => loop.Blocks).ToHashSet();
        var tiles = flow.Loops.Where(loop => loop.Blocks.SelectMany(flow.InstructionsOf).Any(i => i.IsLoad && Is(i, Origin.Input)))
            .MaxBy(static loop => loop.Blocks.Count) ?? throw new InvalidOperationException($"{kernel.Name} has no loop over tiles.");
        var inner = flow.Loops.Where(loop => loop.Blocks.IsProperSubsetOf(tiles.Blocks) && !edges.IsSupersetOf(loop.Blocks)).ToArray();
        var rowsInLine = tiles.Blocks.Where(block => !edges.Contains(block) && !inner.Any(loop => loop.Blocks.Contains(block)))
            .SelectMany(flow.InstructionsOf).Count(static i => i.IsReciprocal);
        var rowsInLoops = inner.Sum(loop => IsSending(loop) ? rowsPerTile : 0);
        int total = 0, alu = 0, memory = 0, encodings = 0, read = 0, written = 0;
        foreach (var block in tiles.Blocks.Where(block => !edges.Contains(block)))
        {
            var turns = inner.Where(loop => loop.Blocks.Contains(block)).Aggregate(1, (product, loop) => product * Turns(loop));
            var code = flow.InstructionsOf(block).ToArray();
            total += turns * code.Length;
            alu += turns * code.Count(static i => i.IsVectorAlu);
            memory += turns * code.Count(static i => i.IsLoad || i.IsStore);
            encodings += turns * code.Count(static i => i.IsReciprocal);
            read += turns * code.Count(i => i.IsLoad && Is(i, Origin.Input));
            written += turns * code.Count(i => i.IsStore && Is(i, Origin.Output));
        }

        return written == rowsPerTile && read % rowsPerTile == 0
            ? new TileCost(alu, memory, encodings, total)
            : throw new InvalidOperationException($"{kernel.Name}: {read} atoms read and {written} written were counted; a tile has {rowsPerTile} rows.");

        bool IsSending(Loop loop) => loop.Blocks.SelectMany(flow.InstructionsOf).Any(i => i.IsLoad && Is(i, Origin.Input));

        int Turns(Loop loop)
        {
            var code = loop.Blocks.SelectMany(flow.InstructionsOf).ToArray();
            int reads = code.Count(i => i.IsLoad && Is(i, Origin.Input)), writes = code.Count(i => i.IsStore && Is(i, Origin.Output));
            var reduced = code.Count(i => i.IsLoad && Is(i, Origin.Workspace)) > 0 ? Math.Max(1, code.Count(static i => i.IsReciprocal)) : 0;
            return reads > 0 || writes > 0 ? rowsPerTile / Math.Max(reads, writes)
                : reduced > 0 && rowsInLine + rowsInLoops > rowsPerTile ? 0 // whole tiles are reduced by code without a loop
                : reduced > 0 ? Math.Max(1, rowsPerTile / worldSize / reduced) : 1;
        }
    }

    /// <summary>Instructions that compute, for each element of a lane.</summary>
    public double VectorAluPerElement(int rowsPerTile) => VectorAlu / (double)(ElementsPerAtom * rowsPerTile);
}
