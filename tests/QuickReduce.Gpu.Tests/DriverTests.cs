using QuickReduce.Devices.Gpu.Cuda;
using QuickReduce.Devices.Gpu.Hip;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests;

/// <summary>Finding drivers and devices, and what becomes of a driver's errors.</summary>
public sealed class DriverTests
{
    [Fact]
    public void AMissingDriverIsNamedWithTheRemedy()
    {
        var cuda = Assert.Throws<GpuException>(() => CudaDriver.Load(["libno-such-driver.so.1"]));
        Assert.Equal(GpuProblem.DriverMissing, cuda.Problem);
        Assert.Contains("libno-such-driver.so.1", cuda.Message, StringComparison.Ordinal);
        Assert.Contains("Install an NVIDIA driver", cuda.Message, StringComparison.Ordinal);
        Assert.Contains("Install ROCm 6 or later", Assert.Throws<GpuException>(() => HipDriver.Load(["libno-such-driver.so.1"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALibraryWithoutTheFunctionsIsTooOld()
    {
        var exception = Assert.Throws<GpuException>(() => CudaDriver.Load(["libc.so.6"]));
        Assert.Equal(GpuProblem.DriverTooOld, exception.Problem);
        Assert.Contains("cuInit", exception.Message, StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void ADriverWithoutDevicesSaysSo()
    {
        using var driver = new StandInDriver(devices: 0);
        Assert.Equal(GpuProblem.NoDevice, Assert.Throws<GpuException>(() => driver.Devices).Problem);
    }

    [RequiresProgramsTheory(StandInDriver.Compiler)]
    [InlineData(DeviceKind.Cuda, "Fake 1", "sm_90")]
    [InlineData(DeviceKind.Hip, "Fake AMD 1", "gfx942:sramecc+:xnack-")]
    public void DevicesAreDescribed(DeviceKind kind, string name, string architecture)
    {
        using var driver = new StandInDriver(devices: 2, kind, multiprocessors: 7, memoryBytes: 1 << 28);
        var device = driver.Devices[1];
        Assert.Equal((kind, 1, name, architecture, 7, 1L << 28), (device.Kind, device.Index, device.Name, device.Architecture, device.Multiprocessors, device.MemoryBytes));
    }

    [RequiresProgramsTheory(StandInDriver.Compiler)]
    [InlineData(2, GpuProblem.OutOfMemory)]
    [InlineData(100, GpuProblem.NoDevice)]
    [InlineData(217, GpuProblem.NoPeerAccess)]
    [InlineData(214, GpuProblem.DeviceLost)]
    [InlineData(700, GpuProblem.DeviceLost)]
    [InlineData(719, GpuProblem.DeviceLost)]
    [InlineData(720, GpuProblem.NotCoResident)]
    [InlineData(900, GpuProblem.InvalidDuringCapture)]
    [InlineData(999, GpuProblem.DriverError)]
    public void ErrorsOfTheDriverBecomeProblems(int error, GpuProblem problem)
    {
        foreach (var kind in new[] { DeviceKind.Cuda, DeviceKind.Hip })
        {
            using var driver = new StandInDriver(kind: kind);
            using var stream = driver.Devices[0].CreateStream();
            driver.Fail("cuStreamSynchronize", error);
            var exception = Assert.Throws<GpuException>(stream.Synchronize);
            Assert.Equal((problem, error), (exception.Problem, exception.ErrorCode));
            Assert.Contains("as the test asked for", exception.Message, StringComparison.Ordinal);
            Assert.Contains(kind + " device 0", exception.Message, StringComparison.Ordinal);
            stream.Synchronize();
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void MemoryThatThereIsNotIsRefused()
    {
        using var driver = new StandInDriver(memoryBytes: 1 << 20);
        Assert.Equal(GpuProblem.OutOfMemory, Assert.Throws<GpuException>(() => driver.Devices[0].Allocate<byte>((1 << 20) + 1)).Problem);
        Assert.Equal(0, driver.Alive);
    }

    /// <summary>Whatever context another library has made current on the thread stays so.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void TheCurrentDeviceOfTheThreadIsLeftAlone()
    {
        using var driver = new StandInDriver(devices: 2);
        foreach (var context in new[] { 0, driver.ContextOf(0), driver.ContextOf(1) })
        {
            driver.CurrentContext = context;
            using var stream = driver.Devices[1].CreateStream();
            using var buffer = driver.Devices[1].Allocate<int>(3);
            buffer.CopyFrom([1, 2, 3], stream);
            var copy = new int[3];
            buffer.CopyTo(copy, stream);
            Assert.Equal([1, 2, 3], copy);
            Assert.Equal(context, driver.CurrentContext);
        }

        driver.CurrentContext = 0;
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void ADeviceIsCurrentUntilItNeedNotBe()
    {
        using var driver = new StandInDriver(devices: 2);
        driver.CurrentContext = 0;
        using (driver.Devices[1].MakeCurrent())
        {
            Assert.Equal(driver.ContextOf(1), driver.CurrentContext);
            using (driver.Devices[0].MakeCurrent())
            {
                Assert.Equal(driver.ContextOf(0), driver.CurrentContext);
            }

            Assert.Equal(driver.ContextOf(1), driver.CurrentContext);
        }

        Assert.Equal(0, driver.CurrentContext);
    }
}
