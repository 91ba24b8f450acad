namespace QuickReduce.Integration.Tests;

/// <summary>The variants of an attribute without axes: the set of the original QuickReduce.</summary>
[AllReduceKernels(MaxVgprs = 72, NoSpills = true, MinOccupancy = 6)]
public partial class DefaultKernels;
