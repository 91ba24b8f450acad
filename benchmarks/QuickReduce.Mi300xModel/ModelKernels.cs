namespace QuickReduce.Mi300xModel;

/// <summary>The kernels that times are predicted for.</summary>
[AllReduceKernels(MaxVgprs = 72, NoSpills = true, MinOccupancy = 6)]
public partial class ModelKernels;
