using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>A driver that tells when a rank which joins loads its kernels, and when it maps the others' memory.</summary>
/// <param name="driver">The driver that does it.</param>
internal sealed unsafe class MomentDriver(GpuDriver driver) : GpuDriver
{
    /// <summary>Called on the thread that does it, before it is done; an exception is that of the driver's call.</summary>
    public Action<Moment> At { get; set; } = static _ => { };

    public override DeviceKind Kind => driver.Kind;

    public override string LibraryName => driver.LibraryName;

    public override string CodeObjectExtension => driver.CodeObjectExtension;

    public override int DeviceCount => driver.DeviceCount;

    public override bool CachesSharedMemory => driver.CachesSharedMemory;

    public override int ConcurrentStreams => driver.ConcurrentStreams;

    public override string ConcurrentStreamsRemedy => driver.ConcurrentStreamsRemedy;

    public override DeviceDescription Describe(int device) => driver.Describe(device);

    public override Guid IdentityOf(int device) => driver.IdentityOf(device);

    public override nint Allocate(int device, nint bytes) => driver.Allocate(device, bytes);

    public override nint AllocateShared(int device, nint bytes) => driver.AllocateShared(device, bytes);

    public override void Free(int device, nint pointer) => driver.Free(device, pointer);

    public override void CopyFromHost(int device, nint destination, void* source, nint bytes, nint stream) => driver.CopyFromHost(device, destination, source, bytes, stream);

    public override void CopyToHost(int device, void* destination, nint source, nint bytes, nint stream) => driver.CopyToHost(device, destination, source, bytes, stream);

    public override void Copy(int device, nint destination, nint source, nint bytes, nint stream) => driver.Copy(device, destination, source, bytes, stream);

    public override void Fill(int device, nint destination, byte value, nint bytes, nint stream) => driver.Fill(device, destination, value, bytes, stream);

    public override PointerInfo Inspect(nint pointer) => driver.Inspect(pointer);

    public override nint CreateStream(int device) => driver.CreateStream(device);

    public override void DestroyStream(int device, nint stream) => driver.DestroyStream(device, stream);

    public override void SynchronizeStream(int device, nint stream) => driver.SynchronizeStream(device, stream);

    public override bool IsStreamIdle(int device, nint stream) => driver.IsStreamIdle(device, stream);

    public override int DeviceOfStream(nint stream) => driver.DeviceOfStream(stream);

    public override nint CreateEvent(int device) => driver.CreateEvent(device);

    public override void DestroyEvent(int device, nint @event) => driver.DestroyEvent(device, @event);

    public override void RecordEvent(int device, nint @event, nint stream) => driver.RecordEvent(device, @event, stream);

    public override void WaitForEvent(int device, nint stream, nint @event) => driver.WaitForEvent(device, stream, @event);

    public override void SynchronizeEvent(int device, nint @event) => driver.SynchronizeEvent(device, @event);

    public override float ElapsedMilliseconds(int device, nint start, nint end) => driver.ElapsedMilliseconds(device, start, end);

    public override nint MakeCurrent(int device) => driver.MakeCurrent(device);

    public override void RestoreCurrent(nint previous) => driver.RestoreCurrent(previous);

    public override void SynchronizeDevice(int device) => driver.SynchronizeDevice(device);

    public override nint LoadModule(int device, ReadOnlySpan<byte> image, out string log)
    {
        At(Moment.Loading);
        return driver.LoadModule(device, image, out log);
    }

    public override RuntimeCompiler? FindCompiler(out string reason) => driver.FindCompiler(out reason);

    public override void UnloadModule(int device, nint module) => driver.UnloadModule(device, module);

    public override nint Function(int device, nint module, string name) => driver.Function(device, module, name);

    public override nint Global(int device, nint module, string name, out nint bytes) => driver.Global(device, module, name, out bytes);

    public override FunctionAttributes Attributes(int device, nint function) => driver.Attributes(device, function);

    public override int BlocksPerMultiprocessor(int device, nint function, int threadsPerBlock) => driver.BlocksPerMultiprocessor(device, function, threadsPerBlock);

    public override void Launch(int device, nint function, int blocks, int threadsPerBlock, nint stream, void** arguments, bool cooperative) => driver.Launch(device, function, blocks, threadsPerBlock, stream, arguments, cooperative);

    public override void BeginCapture(int device, nint stream) => driver.BeginCapture(device, stream);

    public override nint EndCapture(int device, nint stream) => driver.EndCapture(device, stream);

    public override void AbandonCapture(int device, nint stream) => driver.AbandonCapture(device, stream);

    public override void IgnoreCaptures() => driver.IgnoreCaptures();

    public override void LaunchGraph(int device, nint graph, nint stream) => driver.LaunchGraph(device, graph, stream);

    public override void DestroyGraph(int device, nint graph) => driver.DestroyGraph(device, graph);

    public override bool CanAccessPeer(int device, int peer) => driver.CanAccessPeer(device, peer);

    public override void EnablePeerAccess(int device, int peer) => driver.EnablePeerAccess(device, peer);

    public override IpcMemoryHandle ExportMemory(int device, nint allocation) => driver.ExportMemory(device, allocation);

    public override nint ImportMemory(int device, in IpcMemoryHandle handle)
    {
        At(Moment.Trading);
        return driver.ImportMemory(device, in handle);
    }

    public override void CloseImportedMemory(int device, nint pointer) => driver.CloseImportedMemory(device, pointer);

    // What fails has said so already.
    protected override string ErrorText(int error) => string.Empty;
}
