System.Console.WriteLine(FusedRmsNorm.Norms.FusedRmsNormKernels.TryLoad(out var p) ? "ok" : p.Message);
