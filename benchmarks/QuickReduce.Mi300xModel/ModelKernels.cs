namespace QuickReduce.Mi300xModel;

/// <summary>The kernels that times are predicted for.</summary>
[AllReduceKernels]
public partial class ModelKernels;
