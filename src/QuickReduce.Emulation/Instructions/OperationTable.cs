namespace QuickReduce.Emulation.Instructions;

/// <summary>All operations that are known, by encoding and number. Immutable once built.</summary>
internal sealed class OperationTable
{
    // Where VOP3 has the operations of the short encodings.
    private const int Vop2InVop3 = 0x100, Vop1InVop3 = 0x140;

    private readonly Dictionary<(Encoding Encoding, int Number), Operation> _operations = [];

    private OperationTable()
    {
        ScalarOperations.AddTo(this);
        ScalarMemoryOperations.AddTo(this);
        VectorOperations.AddTo(this);
        VectorFloatOperations.AddTo(this);
        VectorCompareOperations.AddTo(this);
        PackedOperations.AddTo(this);
        MixedOperations.AddTo(this);
        ConversionOperations.AddTo(this);
        WideOperations.AddTo(this);
        LaneOperations.AddTo(this);
        LdsOperations.AddTo(this);
        GlobalOperations.AddTo(this);
    }

    public static OperationTable Instance { get; } = new();

    /// <summary>Every operation, once for every encoding that is its own.</summary>
    public IEnumerable<(Encoding Encoding, int Number, Operation Operation)> All =>
        _operations.Select(static pair => (pair.Key.Encoding, pair.Key.Number, pair.Value));

    public void Add(Encoding encoding, int number, Operation operation) => _operations.Add((encoding, number), operation);

    public Operation? Find(Encoding encoding, int number) => _operations.GetValueOrDefault((encoding, number));

    /// <summary>Finds an operation of VOP3, also one of a short encoding.</summary>
    /// <param name="number">The number in VOP3.</param>
    /// <param name="own">The encoding that the operation has otherwise; VOP3 for none.</param>
    public Operation? FindVop3(int number, out Encoding own)
    {
        (own, var ownNumber) = number switch
        {
            < Vop2InVop3 => (Encoding.VopC, number),
            < Vop1InVop3 => (Encoding.Vop2, number - Vop2InVop3),
            < 0x1c0 => (Encoding.Vop1, number - Vop1InVop3),
            _ => (Encoding.Vop3, number),
        };
        return Find(own, ownNumber);
    }
}
