namespace QuickReduce.Integration.Tests;

/// <summary>Every variant there is.</summary>
[AllReduceKernels]
public partial class AllKernels;
