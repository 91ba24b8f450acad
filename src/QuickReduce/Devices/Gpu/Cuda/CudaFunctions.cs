namespace QuickReduce.Devices.Gpu.Cuda;

/// <summary>Functions of the CUDA driver API, as <c>cuda.h</c> of CUDA 12 declares them. All return a <c>CUresult</c>.</summary>
internal sealed unsafe class CudaFunctions(DriverLibrary library)
{
    public readonly delegate* unmanaged<uint, int> Init = (delegate* unmanaged<uint, int>)library.Function("cuInit");
    public readonly delegate* unmanaged<int, byte**, int> GetErrorName = (delegate* unmanaged<int, byte**, int>)library.Function("cuGetErrorName");
    public readonly delegate* unmanaged<int, byte**, int> GetErrorString = (delegate* unmanaged<int, byte**, int>)library.Function("cuGetErrorString");

    public readonly delegate* unmanaged<int*, int> DeviceGetCount = (delegate* unmanaged<int*, int>)library.Function("cuDeviceGetCount");
    public readonly delegate* unmanaged<int*, int, int> DeviceGet = (delegate* unmanaged<int*, int, int>)library.Function("cuDeviceGet");
    public readonly delegate* unmanaged<byte*, int, int, int> DeviceGetName = (delegate* unmanaged<byte*, int, int, int>)library.Function("cuDeviceGetName");
    public readonly delegate* unmanaged<Guid*, int, int> DeviceGetUuid = (delegate* unmanaged<Guid*, int, int>)library.Function("cuDeviceGetUuid_v2");
    public readonly delegate* unmanaged<nuint*, int, int> DeviceTotalMem = (delegate* unmanaged<nuint*, int, int>)library.Function("cuDeviceTotalMem_v2");
    public readonly delegate* unmanaged<int*, int, int, int> DeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)library.Function("cuDeviceGetAttribute");
    public readonly delegate* unmanaged<nint*, int, int> DevicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)library.Function("cuDevicePrimaryCtxRetain");

    // Reads a variable of the thread, in every call: too short to tell the garbage collector of.
    public readonly delegate* unmanaged[SuppressGCTransition]<nint*, int> CtxGetCurrent = (delegate* unmanaged[SuppressGCTransition]<nint*, int>)library.Function("cuCtxGetCurrent");
    public readonly delegate* unmanaged<nint, int> CtxSetCurrent = (delegate* unmanaged<nint, int>)library.Function("cuCtxSetCurrent");
    public readonly delegate* unmanaged<int> CtxSynchronize = (delegate* unmanaged<int>)library.Function("cuCtxSynchronize");

    public readonly delegate* unmanaged<nint*, nuint, int> MemAlloc = (delegate* unmanaged<nint*, nuint, int>)library.Function("cuMemAlloc_v2");
    public readonly delegate* unmanaged<nint, int> MemFree = (delegate* unmanaged<nint, int>)library.Function("cuMemFree_v2");
    public readonly delegate* unmanaged<nint, void*, nuint, nint, int> MemcpyHtoDAsync = (delegate* unmanaged<nint, void*, nuint, nint, int>)library.Function("cuMemcpyHtoDAsync_v2");
    public readonly delegate* unmanaged<void*, nint, nuint, nint, int> MemcpyDtoHAsync = (delegate* unmanaged<void*, nint, nuint, nint, int>)library.Function("cuMemcpyDtoHAsync_v2");
    public readonly delegate* unmanaged<nint, nint, nuint, nint, int> MemcpyDtoDAsync = (delegate* unmanaged<nint, nint, nuint, nint, int>)library.Function("cuMemcpyDtoDAsync_v2");
    public readonly delegate* unmanaged<nint, byte, nuint, nint, int> MemsetD8Async = (delegate* unmanaged<nint, byte, nuint, nint, int>)library.Function("cuMemsetD8Async");
    public readonly delegate* unmanaged<uint, int*, void**, nint, int> PointerGetAttributes = (delegate* unmanaged<uint, int*, void**, nint, int>)library.Function("cuPointerGetAttributes");

    public readonly delegate* unmanaged<nint*, uint, int> StreamCreate = (delegate* unmanaged<nint*, uint, int>)library.Function("cuStreamCreate");
    public readonly delegate* unmanaged<nint, int> StreamDestroy = (delegate* unmanaged<nint, int>)library.Function("cuStreamDestroy_v2");
    public readonly delegate* unmanaged<nint, int> StreamSynchronize = (delegate* unmanaged<nint, int>)library.Function("cuStreamSynchronize");
    public readonly delegate* unmanaged<nint, int> StreamQuery = (delegate* unmanaged<nint, int>)library.Function("cuStreamQuery");
    public readonly delegate* unmanaged<nint, nint*, int> StreamGetCtx = (delegate* unmanaged<nint, nint*, int>)library.Function("cuStreamGetCtx");
    public readonly delegate* unmanaged<nint, nint, uint, int> StreamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)library.Function("cuStreamWaitEvent");
    public readonly delegate* unmanaged<nint*, uint, int> EventCreate = (delegate* unmanaged<nint*, uint, int>)library.Function("cuEventCreate");
    public readonly delegate* unmanaged<nint, int> EventDestroy = (delegate* unmanaged<nint, int>)library.Function("cuEventDestroy_v2");
    public readonly delegate* unmanaged<nint, nint, int> EventRecord = (delegate* unmanaged<nint, nint, int>)library.Function("cuEventRecord");
    public readonly delegate* unmanaged<nint, int> EventSynchronize = (delegate* unmanaged<nint, int>)library.Function("cuEventSynchronize");
    public readonly delegate* unmanaged<float*, nint, nint, int> EventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)library.Function("cuEventElapsedTime");

    public readonly delegate* unmanaged<nint*, void*, uint, int*, void**, int> ModuleLoadDataEx = (delegate* unmanaged<nint*, void*, uint, int*, void**, int>)library.Function("cuModuleLoadDataEx");
    public readonly delegate* unmanaged<nint, int> ModuleUnload = (delegate* unmanaged<nint, int>)library.Function("cuModuleUnload");
    public readonly delegate* unmanaged<nint*, nint, byte*, int> ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)library.Function("cuModuleGetFunction");
    public readonly delegate* unmanaged<nint*, nuint*, nint, byte*, int> ModuleGetGlobal = (delegate* unmanaged<nint*, nuint*, nint, byte*, int>)library.Function("cuModuleGetGlobal_v2");
    public readonly delegate* unmanaged<int*, int, nint, int> FuncGetAttribute = (delegate* unmanaged<int*, int, nint, int>)library.Function("cuFuncGetAttribute");
    public readonly delegate* unmanaged<int*, nint, int, nuint, int> OccupancyMaxActiveBlocksPerMultiprocessor = (delegate* unmanaged<int*, nint, int, nuint, int>)library.Function("cuOccupancyMaxActiveBlocksPerMultiprocessor");
    public readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> LaunchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)library.Function("cuLaunchKernel");
    public readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, int> LaunchCooperativeKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, int>)library.Function("cuLaunchCooperativeKernel");

    /// <summary>Since CUDA 12.4; without it, functions are loaded when their attributes are asked for.</summary>
    public readonly delegate* unmanaged<nint, int> FuncLoad = (delegate* unmanaged<nint, int>)library.OptionalFunction("cuFuncLoad");

    public readonly delegate* unmanaged<int*, int> ThreadExchangeStreamCaptureMode = (delegate* unmanaged<int*, int>)library.Function("cuThreadExchangeStreamCaptureMode");
    public readonly delegate* unmanaged<nint, int, int> StreamBeginCapture = (delegate* unmanaged<nint, int, int>)library.Function("cuStreamBeginCapture_v2");
    public readonly delegate* unmanaged<nint, nint*, int> StreamEndCapture = (delegate* unmanaged<nint, nint*, int>)library.Function("cuStreamEndCapture");
    public readonly delegate* unmanaged<nint*, nint, ulong, int> GraphInstantiateWithFlags = (delegate* unmanaged<nint*, nint, ulong, int>)library.Function("cuGraphInstantiateWithFlags");
    public readonly delegate* unmanaged<nint, nint, int> GraphLaunch = (delegate* unmanaged<nint, nint, int>)library.Function("cuGraphLaunch");
    public readonly delegate* unmanaged<nint, int> GraphDestroy = (delegate* unmanaged<nint, int>)library.Function("cuGraphDestroy");
    public readonly delegate* unmanaged<nint, int> GraphExecDestroy = (delegate* unmanaged<nint, int>)library.Function("cuGraphExecDestroy");

    public readonly delegate* unmanaged<int*, int, int, int> DeviceCanAccessPeer = (delegate* unmanaged<int*, int, int, int>)library.Function("cuDeviceCanAccessPeer");
    public readonly delegate* unmanaged<nint, uint, int> CtxEnablePeerAccess = (delegate* unmanaged<nint, uint, int>)library.Function("cuCtxEnablePeerAccess");
    public readonly delegate* unmanaged<IpcMemoryHandle*, nint, int> IpcGetMemHandle = (delegate* unmanaged<IpcMemoryHandle*, nint, int>)library.Function("cuIpcGetMemHandle");
    public readonly delegate* unmanaged<nint*, IpcMemoryHandle, uint, int> IpcOpenMemHandle = (delegate* unmanaged<nint*, IpcMemoryHandle, uint, int>)library.Function("cuIpcOpenMemHandle_v2");
    public readonly delegate* unmanaged<nint, int> IpcCloseMemHandle = (delegate* unmanaged<nint, int>)library.Function("cuIpcCloseMemHandle");
}
