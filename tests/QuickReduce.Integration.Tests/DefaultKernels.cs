namespace QuickReduce.Integration.Tests;

/// <summary>The variants of an attribute without arguments: the set of the original QuickReduce.</summary>
[AllReduceKernels]
public partial class DefaultKernels;
