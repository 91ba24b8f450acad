namespace QuickReduce.Build;

/// <summary>One HIP source as the assembly carries it.</summary>
internal sealed record KernelSource(string UnitName, string Text);

/// <summary>The assembly's kernel sources can't be used as they are.</summary>
internal sealed class UnusableKernelSourceException(string message) : Exception(message);
