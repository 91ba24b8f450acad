namespace QuickReduce;

/// <summary>
/// Marks the parameter (<see langword="int"/> or <see langword="long"/>) that says how much work there is. A kernel runs
/// as one block for each so many items of it, the last block for what is left.
/// </summary>
/// <param name="itemsPerBlock">How many items one block does.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class KernelGridAttribute(int itemsPerBlock = 1) : Attribute
{
    /// <summary>How many items one block does.</summary>
    public int ItemsPerBlock { get; } = itemsPerBlock;
}
