namespace QuickReduce;

/// <summary>Generates one all-reduce kernel, for those who do not want the whole cross product.</summary>
/// <param name="dataType">Element type.</param>
/// <param name="regime">Wire format.</param>
/// <param name="worldSize">Number of ranks: 2, 4 or 8.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class AllReduceKernelAttribute(DataType dataType, QuantRegime regime, int worldSize) : Attribute
{
    /// <summary>Element type.</summary>
    public DataType DataType { get; } = dataType;

    /// <summary>Wire format.</summary>
    public QuantRegime Regime { get; } = regime;

    /// <summary>Number of ranks.</summary>
    public int WorldSize { get; } = worldSize;
}
