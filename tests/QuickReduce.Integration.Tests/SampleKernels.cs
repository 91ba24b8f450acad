namespace QuickReduce.Integration.Tests;

/// <summary>A few variants from the ends of every axis, for all targets.</summary>
[AllReduceKernel(DataType.Float16, QuantRegime.Int2, 3, GroupSize = 16)]
[AllReduceKernel(DataType.Float16, QuantRegime.Int2, 8, GroupSize = 16, Algorithm = AllReduceAlgorithm.OneShot)]
[AllReduceKernel(DataType.BFloat16, QuantRegime.Int3, 5, GroupSize = 64, Algorithm = AllReduceAlgorithm.OneShot)]
[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 8, Algorithm = AllReduceAlgorithm.OneShot)]
[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 7, BlockSize = 1024, AtomsPerThread = 64)]
[AllReduceKernel(DataType.BFloat16, QuantRegime.Int5, 8, GroupSize = 128)]
[AllReduceKernel(DataType.BFloat16, QuantRegime.Int5, 8, GroupSize = 128, Algorithm = AllReduceAlgorithm.OneShot)]
[AllReduceKernel(DataType.Float16, QuantRegime.Int8, 8, GroupSize = 16, ScaleFormat = ScaleFormat.SharedExponent)]
[AllReduceKernel(DataType.BFloat16, QuantRegime.Int2, 8, ScaleFormat = ScaleFormat.SharedExponent, Algorithm = AllReduceAlgorithm.OneShot)]
[AllReduceKernel(DataType.Float16, QuantRegime.Int6, 3, BlockSize = 128, AtomsPerThread = 16)]
[AllReduceKernel(DataType.BFloat16, QuantRegime.Int7, 6)]
[AllReduceKernel(DataType.BFloat16, QuantRegime.Int7, 7, Algorithm = AllReduceAlgorithm.OneShot)]
[AllReduceKernel(DataType.Float16, QuantRegime.Int8, 4, Algorithm = AllReduceAlgorithm.OneShot, AtomsPerThread = 8)]
[AllReduceKernel(DataType.Float16, QuantRegime.FP, 8, Algorithm = AllReduceAlgorithm.OneShot)]
[AllReduceKernel(DataType.BFloat16, QuantRegime.FP, 8, Algorithm = AllReduceAlgorithm.OneShot, BlockSize = 1024)]
[AllReduceKernel(DataType.Float32, QuantRegime.FP, 8)]
[AllReduceKernel(DataType.Float32, QuantRegime.FP, 8, Algorithm = AllReduceAlgorithm.OneShot)]
[AllReduceKernel(DataType.Float32, QuantRegime.FP, 8, Algorithm = AllReduceAlgorithm.Direct)]
[AllReduceKernel(DataType.Float16, QuantRegime.FP, 3, Algorithm = AllReduceAlgorithm.Direct, AtomsPerThread = 4)]
public partial class SampleKernels;
