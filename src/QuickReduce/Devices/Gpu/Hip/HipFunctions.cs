namespace QuickReduce.Devices.Gpu.Hip;

/// <summary>Functions of the HIP run time, as <c>hip_runtime_api.h</c> of ROCm 6 declares them. All but the texts return a <c>hipError_t</c>.</summary>
internal sealed unsafe class HipFunctions(DriverLibrary library)
{
    public readonly delegate* unmanaged<uint, int> Init = (delegate* unmanaged<uint, int>)library.Function("hipInit");
    public readonly delegate* unmanaged<int, byte*> GetErrorName = (delegate* unmanaged<int, byte*>)library.Function("hipGetErrorName");
    public readonly delegate* unmanaged<int, byte*> GetErrorString = (delegate* unmanaged<int, byte*>)library.Function("hipGetErrorString");

    /// <summary>Takes back the error that a failed call leaves behind for the thread's next <c>hipGetLastError</c>.</summary>
    public readonly delegate* unmanaged<int> GetLastError = (delegate* unmanaged<int>)library.Function("hipGetLastError");

    public readonly delegate* unmanaged<int*, int> GetDeviceCount = (delegate* unmanaged<int*, int>)library.Function("hipGetDeviceCount");
    public readonly delegate* unmanaged<byte*, int, int> GetDeviceProperties = (delegate* unmanaged<byte*, int, int>)library.Function("hipGetDevicePropertiesR0600");
    public readonly delegate* unmanaged<Guid*, int, int> DeviceGetUuid = (delegate* unmanaged<Guid*, int, int>)library.Function("hipDeviceGetUuid");
    public readonly delegate* unmanaged<nuint*, int, int> DeviceTotalMem = (delegate* unmanaged<nuint*, int, int>)library.Function("hipDeviceTotalMem");
    public readonly delegate* unmanaged<int*, int, int, int> DeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)library.Function("hipDeviceGetAttribute");
    public readonly delegate* unmanaged<int*, int> GetDevice = (delegate* unmanaged<int*, int>)library.Function("hipGetDevice");
    public readonly delegate* unmanaged<int, int> SetDevice = (delegate* unmanaged<int, int>)library.Function("hipSetDevice");
    public readonly delegate* unmanaged<int> DeviceSynchronize = (delegate* unmanaged<int>)library.Function("hipDeviceSynchronize");

    public readonly delegate* unmanaged<nint*, nuint, int> Malloc = (delegate* unmanaged<nint*, nuint, int>)library.Function("hipMalloc");
    public readonly delegate* unmanaged<nint*, nuint, uint, int> ExtMallocWithFlags = (delegate* unmanaged<nint*, nuint, uint, int>)library.Function("hipExtMallocWithFlags");
    public readonly delegate* unmanaged<nint, int> Free = (delegate* unmanaged<nint, int>)library.Function("hipFree");
    public readonly delegate* unmanaged<nint, void*, nuint, nint, int> MemcpyHtoDAsync = (delegate* unmanaged<nint, void*, nuint, nint, int>)library.Function("hipMemcpyHtoDAsync");
    public readonly delegate* unmanaged<void*, nint, nuint, nint, int> MemcpyDtoHAsync = (delegate* unmanaged<void*, nint, nuint, nint, int>)library.Function("hipMemcpyDtoHAsync");
    public readonly delegate* unmanaged<nint, nint, nuint, nint, int> MemcpyDtoDAsync = (delegate* unmanaged<nint, nint, nuint, nint, int>)library.Function("hipMemcpyDtoDAsync");
    public readonly delegate* unmanaged<nint, byte, nuint, nint, int> MemsetD8Async = (delegate* unmanaged<nint, byte, nuint, nint, int>)library.Function("hipMemsetD8Async");
    public readonly delegate* unmanaged<HipPointerAttributes*, nint, int> PointerGetAttributes = (delegate* unmanaged<HipPointerAttributes*, nint, int>)library.Function("hipPointerGetAttributes");
    public readonly delegate* unmanaged<nint*, nuint*, nint, int> MemGetAddressRange = (delegate* unmanaged<nint*, nuint*, nint, int>)library.Function("hipMemGetAddressRange");

    public readonly delegate* unmanaged<nint*, uint, int> StreamCreateWithFlags = (delegate* unmanaged<nint*, uint, int>)library.Function("hipStreamCreateWithFlags");
    public readonly delegate* unmanaged<nint, int> StreamDestroy = (delegate* unmanaged<nint, int>)library.Function("hipStreamDestroy");
    public readonly delegate* unmanaged<nint, int> StreamSynchronize = (delegate* unmanaged<nint, int>)library.Function("hipStreamSynchronize");
    public readonly delegate* unmanaged<nint, int> StreamQuery = (delegate* unmanaged<nint, int>)library.Function("hipStreamQuery");
    public readonly delegate* unmanaged<nint, int*, int> StreamGetDevice = (delegate* unmanaged<nint, int*, int>)library.Function("hipStreamGetDevice");
    public readonly delegate* unmanaged<nint, nint, uint, int> StreamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)library.Function("hipStreamWaitEvent");
    public readonly delegate* unmanaged<nint*, uint, int> EventCreateWithFlags = (delegate* unmanaged<nint*, uint, int>)library.Function("hipEventCreateWithFlags");
    public readonly delegate* unmanaged<nint, int> EventDestroy = (delegate* unmanaged<nint, int>)library.Function("hipEventDestroy");
    public readonly delegate* unmanaged<nint, nint, int> EventRecord = (delegate* unmanaged<nint, nint, int>)library.Function("hipEventRecord");
    public readonly delegate* unmanaged<nint, int> EventSynchronize = (delegate* unmanaged<nint, int>)library.Function("hipEventSynchronize");
    public readonly delegate* unmanaged<float*, nint, nint, int> EventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)library.Function("hipEventElapsedTime");

    public readonly delegate* unmanaged<nint*, void*, int> ModuleLoadData = (delegate* unmanaged<nint*, void*, int>)library.Function("hipModuleLoadData");
    public readonly delegate* unmanaged<nint, int> ModuleUnload = (delegate* unmanaged<nint, int>)library.Function("hipModuleUnload");
    public readonly delegate* unmanaged<nint*, nint, byte*, int> ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)library.Function("hipModuleGetFunction");
    public readonly delegate* unmanaged<nint*, nuint*, nint, byte*, int> ModuleGetGlobal = (delegate* unmanaged<nint*, nuint*, nint, byte*, int>)library.Function("hipModuleGetGlobal");
    public readonly delegate* unmanaged<int*, int, nint, int> FuncGetAttribute = (delegate* unmanaged<int*, int, nint, int>)library.Function("hipFuncGetAttribute");
    public readonly delegate* unmanaged<int*, nint, int, nuint, int> OccupancyMaxActiveBlocksPerMultiprocessor = (delegate* unmanaged<int*, nint, int, nuint, int>)library.Function("hipModuleOccupancyMaxActiveBlocksPerMultiprocessor");
    public readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> LaunchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)library.Function("hipModuleLaunchKernel");
    public readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, int> LaunchCooperativeKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, int>)library.Function("hipModuleLaunchCooperativeKernel");

    public readonly delegate* unmanaged<int*, int> ThreadExchangeStreamCaptureMode = (delegate* unmanaged<int*, int>)library.Function("hipThreadExchangeStreamCaptureMode");
    public readonly delegate* unmanaged<nint, int, int> StreamBeginCapture = (delegate* unmanaged<nint, int, int>)library.Function("hipStreamBeginCapture");
    public readonly delegate* unmanaged<nint, nint*, int> StreamEndCapture = (delegate* unmanaged<nint, nint*, int>)library.Function("hipStreamEndCapture");
    public readonly delegate* unmanaged<nint*, nint, ulong, int> GraphInstantiateWithFlags = (delegate* unmanaged<nint*, nint, ulong, int>)library.Function("hipGraphInstantiateWithFlags");
    public readonly delegate* unmanaged<nint, nint, int> GraphLaunch = (delegate* unmanaged<nint, nint, int>)library.Function("hipGraphLaunch");
    public readonly delegate* unmanaged<nint, int> GraphDestroy = (delegate* unmanaged<nint, int>)library.Function("hipGraphDestroy");
    public readonly delegate* unmanaged<nint, int> GraphExecDestroy = (delegate* unmanaged<nint, int>)library.Function("hipGraphExecDestroy");

    public readonly delegate* unmanaged<int*, int, int, int> DeviceCanAccessPeer = (delegate* unmanaged<int*, int, int, int>)library.Function("hipDeviceCanAccessPeer");
    public readonly delegate* unmanaged<int, uint, int> DeviceEnablePeerAccess = (delegate* unmanaged<int, uint, int>)library.Function("hipDeviceEnablePeerAccess");
    public readonly delegate* unmanaged<IpcMemoryHandle*, nint, int> IpcGetMemHandle = (delegate* unmanaged<IpcMemoryHandle*, nint, int>)library.Function("hipIpcGetMemHandle");
    public readonly delegate* unmanaged<nint*, IpcMemoryHandle, uint, int> IpcOpenMemHandle = (delegate* unmanaged<nint*, IpcMemoryHandle, uint, int>)library.Function("hipIpcOpenMemHandle");
    public readonly delegate* unmanaged<nint, int> IpcCloseMemHandle = (delegate* unmanaged<nint, int>)library.Function("hipIpcCloseMemHandle");
}

/// <summary><c>hipPointerAttribute_t</c> of ROCm 6.</summary>
internal struct HipPointerAttributes
{
    public int Type;
    public int Device;
    public nint DevicePointer;
    public nint HostPointer;
    public int IsManaged;
    public uint AllocationFlags;
}
