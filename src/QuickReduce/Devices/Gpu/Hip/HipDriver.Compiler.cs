using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Devices.Gpu.Hip;

/// <content>hipRTC, for kernels that the build made no code for.</content>
internal sealed unsafe partial class HipDriver
{
    private readonly Lock _compilerGate = new();
    private readonly IReadOnlyList<string>? _compilers;
    private HipRtc? _compiler;

    public override RuntimeCompiler? FindCompiler(out string reason)
    {
        lock (_compilerGate)
        {
            if (_compiler is null && !HipRtc.TryLoad(_compilers ?? HipRtc.CandidatesBeside(_library.PathOf("hipInit")), out _compiler, out reason))
            {
                return null;
            }
        }

        reason = string.Empty;
        return _compiler;
    }
}
