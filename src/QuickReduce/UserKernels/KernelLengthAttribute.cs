namespace QuickReduce;

/// <summary>
/// Declares how long a buffer has to be. The launcher checks it before the kernel runs, which then can rely on it; a
/// buffer of any other length gives <see cref="ArgumentException"/>.
/// </summary>
/// <param name="expression">
/// Integer parameters of the method by name and literals, with <c>+ - * /</c> and parentheses:
/// <c>"rows * hiddenSize"</c>.
/// </param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class KernelLengthAttribute(string expression) : Attribute
{
    /// <summary>The length, in elements.</summary>
    public string Expression { get; } = expression;
}
