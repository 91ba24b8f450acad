namespace QuickReduce.Devices.Gpu.Hip;

/// <summary>Functions of hipRTC, as <c>hiprtc.h</c> of ROCm 5.2 and later declares them. All but the text return a <c>hiprtcResult</c>.</summary>
internal sealed unsafe class HipRtcFunctions(DriverLibrary library)
{
    public readonly delegate* unmanaged<int*, int*, int> Version = (delegate* unmanaged<int*, int*, int>)library.Function("hiprtcVersion");
    public readonly delegate* unmanaged<int, byte*> GetErrorString = (delegate* unmanaged<int, byte*>)library.Function("hiprtcGetErrorString");
    public readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int> CreateProgram = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)library.Function("hiprtcCreateProgram");
    public readonly delegate* unmanaged<nint, int, byte**, int> CompileProgram = (delegate* unmanaged<nint, int, byte**, int>)library.Function("hiprtcCompileProgram");
    public readonly delegate* unmanaged<nint, nuint*, int> GetProgramLogSize = (delegate* unmanaged<nint, nuint*, int>)library.Function("hiprtcGetProgramLogSize");
    public readonly delegate* unmanaged<nint, byte*, int> GetProgramLog = (delegate* unmanaged<nint, byte*, int>)library.Function("hiprtcGetProgramLog");
    public readonly delegate* unmanaged<nint, nuint*, int> GetCodeSize = (delegate* unmanaged<nint, nuint*, int>)library.Function("hiprtcGetCodeSize");
    public readonly delegate* unmanaged<nint, byte*, int> GetCode = (delegate* unmanaged<nint, byte*, int>)library.Function("hiprtcGetCode");
    public readonly delegate* unmanaged<nint*, int> DestroyProgram = (delegate* unmanaged<nint*, int>)library.Function("hiprtcDestroyProgram");
}
