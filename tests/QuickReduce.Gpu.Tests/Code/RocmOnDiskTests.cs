using QuickReduce.Devices.Gpu.Hip;

namespace QuickReduce.Gpu.Tests.Code;

/// <summary>Finding ROCm's libraries and AMD's cards, in folders laid out as theirs.</summary>
public sealed class RocmOnDiskTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("quickreduce-rocm-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void LibrariesOfTheEnvironmentComeFirstThenTheLoadersThenTheNewestInstallation()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var file in new[] { "chosen/lib/libhiprtc.so.6", "opt/rocm-6.3.1/lib/libhiprtc.so.6", "opt/rocm-6.3.1/lib/libhiprtc.so.6.3.60301", "opt/rocm-6.10.0/lib/libhiprtc.so.6", "opt/rocm/core-7.14/lib/libhiprtc.so.7", "opt/rocm-5.2.3/lib/libhiprtc.so.5", "opt/rocm-6.3.1/lib/libhiprtc-builtins.so.6" })
        {
            Write(file, string.Empty);
        }

        var found = RocmLibraries.Candidates("hiprtc", name => name == "ROCM_PATH" ? Path.Combine(_root, "chosen") : null, Path.Combine(_root, "opt"));
        Assert.Equal(
            ["chosen/lib/libhiprtc.so.6", "opt/rocm/core-7.14/lib/libhiprtc.so.7", "opt/rocm-6.10.0/lib/libhiprtc.so.6", "opt/rocm-6.3.1/lib/libhiprtc.so.6.3.60301", "opt/rocm-6.3.1/lib/libhiprtc.so.6"],
            found.Where(Path.IsPathRooted).Select(path => Path.GetRelativePath(_root, path)));
        var named = found.Where(static path => !Path.IsPathRooted(path)).ToArray();
        Assert.Equal("libhiprtc.so", named[^1]);
        Assert.True(Array.IndexOf(named, "libhiprtc.so.7") < Array.IndexOf(named, "libhiprtc.so.6"));
        Assert.Equal("libhiprtc.so.12", found[1]);
    }

    [Fact]
    public void CardsDriverAndProcessorsAreReadFromTheKernel()
    {
        Card("0000:01:00.0", "0x1002", "0x120000");
        Card("0000:02:00.0", "0x1002", "0x038000");
        Card("0000:03:00.0", "0x1002", "0x060400"); // a bridge
        Card("0000:04:00.0", "0x10de", "0x030200");
        Write("sys/class/kfd/kfd/topology/nodes/0/properties", "cpu_cores_count 64\ngfx_target_version 0\n");
        Write("sys/class/kfd/kfd/topology/nodes/10/properties", "simd_count 416\ngfx_target_version 90500\n");
        Write("sys/class/kfd/kfd/topology/nodes/2/properties", "simd_count 1216\ngfx_target_version 90402\n");
        Write("sys/module/amdgpu/version", "6.10.5\n");
        Write("dev/kfd", string.Empty);
        var system = AmdSystem.Examine(_root);
        Assert.Equal((2, "6.10.5", true, true, null), (system.Cards, system.DriverVersion, system.HasDriver, system.MayOpen, system.Remedy));
        Assert.Equal(["gfx942", "gfx950"], system.Processors);
    }

    [Theory]
    [InlineData(90402, "gfx942")]
    [InlineData(90010, "gfx90a")]
    [InlineData(90500, "gfx950")]
    [InlineData(110000, "gfx1100")]
    [InlineData(0, null)]
    public void VersionsOfTheKernelAreProcessors(int version, string? processor) => Assert.Equal(processor, AmdSystem.ProcessorOf(version));

    [Fact]
    public void WhatIsMissingIsSaid()
    {
        Assert.Null(AmdSystem.Examine(_root).Remedy);
        Card("0000:01:00.0", "0x1002", "0x120000");
        Assert.Contains("--device /dev/kfd", AmdSystem.Examine(_root).Remedy, StringComparison.Ordinal);
        Assert.Contains("-G render,video", (AmdSystem.Examine(_root) with { HasDriver = true }).Remedy, StringComparison.Ordinal);
    }

    private void Card(string address, string vendor, string kind)
    {
        Write("sys/bus/pci/devices/" + address + "/vendor", vendor + "\n");
        Write("sys/bus/pci/devices/" + address + "/class", kind + "\n");
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
