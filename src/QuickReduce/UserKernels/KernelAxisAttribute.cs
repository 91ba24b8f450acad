namespace QuickReduce;

/// <summary>
/// Declares the values for which kernels are specialised: on a parameter (integer, <see langword="bool"/>,
/// <see langword="string"/> or an enumeration) constants of its type, on a type parameter element types as
/// <see cref="DataType"/>.
/// </summary>
/// <remarks>
/// A kernel knows the value at compile time; the caller passes it like any other argument and by it chooses the kernel.
/// A value that is not declared gives <see cref="VariantNotDeclaredException"/>.
/// </remarks>
/// <param name="values">The values, each once.</param>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.GenericParameter)]
public sealed class KernelAxisAttribute(params object[] values) : Attribute
{
    /// <summary>The values.</summary>
    public IReadOnlyList<object> Values { get; } = values;
}
