using QuickReduce.Devices.Gpu.Code;
using QuickReduce.Devices.Gpu.Hip;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests.Code;

/// <summary>
/// Kernels that the build made no code for: their text is read from this assembly, compiled by the stand-in for hipRTC, kept,
/// loaded and launched (the stand-in driver runs no AMD code). And what AMD's own library of an older ROCm makes of the text.
/// </summary>
public sealed class RuntimeCompilationTests : IDisposable
{
    // Debian's hipRTC is within its run time, 5.2; elsewhere whatever ROCm is installed is asked.
    private static readonly string[] InstalledHipRtc = [.. RocmLibraries.Candidates("hiprtc"), "libamdhip64.so.5"];

    private static readonly KernelVariant Variant = new(DataType.Float16, QuantRegime.FP, 2);

    /// <summary>One unit of the real kernels, so that tests compile no more than they look at.</summary>
    private static readonly KernelSet Kernels = new(
        RealKernels.Kernels.Name, [Variant], [RealKernels.Kernels.UnitOf(Variant)!], typeof(RealKernels).Assembly);

    private readonly CodeObjects _objects = new();
    private readonly string _cache = Path.Combine(Path.GetTempPath(), "quickreduce-cache-" + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        _objects.Dispose();
        if (Directory.Exists(_cache))
        {
            Directory.Delete(_cache, recursive: true);
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler, StandInHipRtc.Compiler)]
    public void AGroupCompilesWhatIsMissingAndTheNextOneFindsIt()
    {
        using var hipRtc = new StandInHipRtc();
        using var driver = new StandInDriver(kind: DeviceKind.Hip, compilers: [hipRtc.Library]);
        var units = Kernels.Units;
        foreach (var (origin, compilations) in new[] { (CodeOrigin.Compiled, units.Count), (CodeOrigin.Cached, units.Count) })
        {
            var source = Load(driver, Kernels);
            Assert.All(units, unit => Assert.Equal(origin, source.Find(unit, driver.Devices[0]).Origin));
            Assert.Equal(compilations, hipRtc.Compilations);
        }

        Assert.Equal(0, hipRtc.Alive);
        Assert.All(new CodeCache(_cache, 1 << 30).List(), static entry => Assert.Equal("gfx942:sramecc+:xnack-", entry.Description!.Architecture));
    }

    /// <summary>Another text, another device, another version of the compiler: nothing of the old is taken.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, StandInHipRtc.Compiler)]
    public void OtherDevicesAndCompilersCompileForThemselves()
    {
        var unit = Kernels.Units[0];
        foreach (var architecture in new[] { "gfx942:sramecc+:xnack-", "gfx942:sramecc+:xnack+", "gfx950:sramecc+:xnack-" })
        {
            // Each its own copy of the library, which is another compiler.
            using var hipRtc = new StandInHipRtc();
            using var driver = new StandInDriver(kind: DeviceKind.Hip, architecture: architecture, compilers: [hipRtc.Library]);
            var code = Load(driver, Kernels).Find(unit, driver.Devices[0]);
            Assert.Equal(CodeOrigin.Compiled, code.Origin);
            Assert.Equal(architecture, CodeObjectImage.TargetOf(code.Image.Span, code.Path)!.ToString());
        }

        Assert.Equal(3, new CodeCache(_cache, 1 << 30).List().Count);
    }

    /// <summary>Two devices of one kind, and no cache: compiled once all the same.</summary>
    [RequiresProgramsTheory(StandInDriver.Compiler, StandInHipRtc.Compiler)]
    [InlineData(false)]
    [InlineData(true)]
    public void TheCodeIsLoadedCheckedAndLaunched(bool isKept)
    {
        using var hipRtc = new StandInHipRtc();
        using var driver = new StandInDriver(devices: 2, kind: DeviceKind.Hip, compilers: [hipRtc.Library]);
        GpuDevice[] ranks = [.. driver.Devices];
        var compiled = new List<KernelCompilation>();
        using var environment = new EnvironmentVariable(CodeCacheSettings.FolderVariable, isKept ? _cache : "off");
        using (var group = GpuGroup.Create(Kernels, 2, new GpuGroupOptions { Devices = ranks, LibraryDirectory = _objects.Directory, CompilationProgress = new Recorder(compiled) }))
        {
            Assert.Equal(ranks, group.LoadedCode.Select(static code => code.Device));
            Assert.All(group.LoadedCode, code => Assert.Equal((Kernels.Units[0], CodeOrigin.Compiled), (code.Unit, code.Origin)));
            Assert.All(group.LoadedCode, code => Assert.Equal(isKept ? _cache : hipRtc.Load().Name, isKept ? Path.GetDirectoryName(code.Path) : code.Path));
            Assert.Equal([new KernelCompilation(Kernels.Units[0], ranks[0])], compiled);
            using var stream = ranks[0].CreateStream();
            using var other = ranks[1].CreateStream();
            using var buffer = ranks[0].Allocate<Half>(64);
            using var otherBuffer = ranks[1].Allocate<Half>(64);
            group[0].AllReduce(buffer, QuantRegime.FP, stream);
            group[1].AllReduce(otherBuffer, QuantRegime.FP, other);
        }

        Assert.Contains(driver.TakeTrace(), static call => call.StartsWith("launch " + Variant.KernelName + " ", StringComparison.Ordinal));
        Assert.Equal((0, 1), (driver.Alive, hipRtc.Compilations));
    }

    [RequiresProgramsFact(StandInDriver.Compiler, StandInHipRtc.Compiler)]
    public void WhatTheBuildMadeComesFirst()
    {
        using var hipRtc = new StandInHipRtc();
        using var driver = new StandInDriver(kind: DeviceKind.Hip, compilers: [hipRtc.Library]);
        var unit = Kernels.Units[0];
        _objects.Add(Kernels, "gfx942", ".hsaco");
        var code = Load(driver, Kernels).Find(unit, driver.Devices[0]);
        Assert.Equal((CodeOrigin.Packaged, Path.Combine(_objects.Directory, "quickreduce", "gfx942", unit.Name + ".hsaco")), (code.Origin, code.Path));
        Assert.Equal(0, hipRtc.Compilations);
        Assert.False(Directory.Exists(_cache));
    }

    /// <summary>Code for another target id is passed over where it lies; of several that fit, what names more is taken.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, StandInHipRtc.Compiler)]
    public void PackagedCodeIsChosenByTargetId()
    {
        using var hipRtc = new StandInHipRtc();
        using var driver = new StandInDriver(kind: DeviceKind.Hip, compilers: [hipRtc.Library]);
        var (unit, device) = (Kernels.Units[0], driver.Devices[0]);
        var compiler = hipRtc.Load();
        Place("gfx942_xnack+", "gfx942:xnack+");
        Assert.Equal(CodeOrigin.Compiled, Find().Origin);
        Place("gfx942", "gfx950"); // put into the wrong folder
        Assert.Equal(CodeOrigin.Compiled, Find().Origin);
        foreach (var (folder, architecture) in new[] { ("amdgcn", "gfx942"), ("gfx9-4-generic", "gfx9-4-generic"), ("gfx942", "gfx942"), ("gfx942_xnack-", "gfx942:xnack-"), ("gfx942_sramecc+_xnack-", "gfx942:sramecc+:xnack-") })
        {
            Place(folder, architecture);
            Assert.Equal((CodeOrigin.Packaged, folder), (Find().Origin, Path.GetFileName(Path.GetDirectoryName(Find().Path))));
        }

        DeviceCode Find() => new CodeSource(Kernels, _objects.Directory, compiles: true, cache: null).Find(unit, device);

        void Place(string folder, string architecture)
        {
            var path = Directory.CreateDirectory(Path.Combine(_objects.Directory, "quickreduce", folder)).FullName;
            File.WriteAllBytes(Path.Combine(path, unit.Name + ".hsaco"), compiler.Compile(unit.Name, Kernels.SourceOf(unit)!, architecture));
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler, StandInHipRtc.Compiler)]
    public void ATruncatedCodeObjectIsAnErrorAndNotReplaced()
    {
        using var hipRtc = new StandInHipRtc();
        using var driver = new StandInDriver(kind: DeviceKind.Hip, compilers: [hipRtc.Library]);
        var unit = Kernels.Units[0];
        var code = hipRtc.Load().Compile(unit.Name, Kernels.SourceOf(unit)!, "gfx942");
        var folder = Directory.CreateDirectory(Path.Combine(_objects.Directory, "quickreduce", "gfx942")).FullName;
        File.WriteAllBytes(Path.Combine(folder, unit.Name + ".hsaco"), code[..^100]);
        var exception = Assert.Throws<NativeLibraryException>(() => Load(driver, Kernels).Find(unit, driver.Devices[0]));
        Assert.Equal(NativeLibraryProblem.Corrupt, exception.Problem);
        Assert.Contains("truncated: it has " + (code.Length - 100) + " bytes", exception.Message, StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler, StandInHipRtc.Compiler)]
    public void TheCompilersLogIsInTheException()
    {
        using var hipRtc = new StandInHipRtc();
        var compiler = hipRtc.Load();
        var exception = Assert.Throws<KernelCompilationException>(() => compiler.Compile("A.b", "extern \"C\" void f() { return missing; }", "gfx942"));
        Assert.Equal(("A.b", "gfx942", compiler.Name), (exception.Unit, exception.Architecture, exception.Compiler));
        Assert.Contains("undeclared identifier 'missing'", exception.CompilerLog, StringComparison.Ordinal);
        Assert.Contains("HIPRTC_ERROR_COMPILATION", exception.Message, StringComparison.Ordinal);
        Assert.Contains(exception.CompilerLog, exception.Message, StringComparison.Ordinal);

        exception = Assert.Throws<KernelCompilationException>(() => compiler.Compile("A.b", "void f() {}", "gfx9999:xnack-"));
        Assert.Contains("older than this architecture", exception.Message, StringComparison.Ordinal);
        Assert.Contains("with gfx9999 in QuickReduceOffloadArchs", exception.Message, StringComparison.Ordinal);

        hipRtc.FailNext(1);
        exception = Assert.Throws<KernelCompilationException>(() => compiler.Compile("A.b", "void f() {}", "gfx942"));
        Assert.Equal(string.Empty, exception.CompilerLog);
        Assert.Contains("HIPRTC_ERROR_OUT_OF_MEMORY", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, hipRtc.Alive);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void WithoutACompilerAllThatWasLookedForIsNamed()
    {
        using var driver = new StandInDriver(kind: DeviceKind.Hip, compilers: ["libno-such-hiprtc.so"]);
        _objects.Add(Kernels, "gfx90a", ".hsaco");
        var exception = Assert.Throws<NativeLibraryException>(() => Load(driver, Kernels).Find(Kernels.Units[0], driver.Devices[0]));
        Assert.Equal(NativeLibraryProblem.Missing, exception.Problem);
        foreach (var part in new[] { "gfx942_sramecc+_xnack-", "Found for other devices: gfx90a.", "libno-such-hiprtc.so", "QUICKREDUCE_HIPRTC", "with gfx942 in QuickReduceOffloadArchs" })
        {
            Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler, StandInHipRtc.Compiler)]
    public void CompilingCanBeTurnedOffAndNeedsTheText()
    {
        using var hipRtc = new StandInHipRtc();
        using var driver = new StandInDriver(kind: DeviceKind.Hip, compilers: [hipRtc.Library]);
        var off = Assert.Throws<NativeLibraryException>(() => new CodeSource(Kernels, _objects.Directory, compiles: false, null).Find(Kernels.Units[0], driver.Devices[0]));
        Assert.Contains("CompileMissingKernels is false", off.Message, StringComparison.Ordinal);
        var without = Assert.Throws<NativeLibraryException>(() => Load(driver, TestKernels.Silent).Find(TestKernels.Silent.Units[0], driver.Devices[0]));
        Assert.Contains("does not carry its text", without.Message, StringComparison.Ordinal);
        Assert.Equal(0, hipRtc.Compilations);
    }

    /// <summary>AMD's own hipRTC; on Debian 12 of ROCm 5.2 with clang 15, no newer than gfx90a. Needs no GPU.</summary>
    [RequiresProgramsFact("hipcc")]
    public void AmdsHipRtcTakesTheText()
    {
        Assert.True(HipRtc.TryLoad(InstalledHipRtc, out var compiler, out var reason), reason);
        foreach (var unit in RealKernels.Kernels.Units)
        {
            var code = compiler!.Compile(unit.Name, RealKernels.Kernels.SourceOf(unit)!, "gfx90a:sramecc+:xnack-");
            Assert.Equal("gfx90a:sramecc+:xnack-", CodeObjectImage.TargetOf(code, unit.Name)!.ToString());
        }

        var exception = Assert.Throws<KernelCompilationException>(() => compiler!.Compile("A.b", "nonsense", "gfx90a"));
        Assert.Contains("unknown type name 'nonsense'", exception.CompilerLog, StringComparison.Ordinal);
    }

    /// <summary>Left to itself hipRTC fuses multiplications and additions, and other bits would come out than of the build's code.</summary>
    [RequiresProgramsFact("hipcc", "llvm-objdump-22")]
    public void NothingIsFusedBehindTheSourcesBack()
    {
        Assert.True(HipRtc.TryLoad(InstalledHipRtc, out var compiler, out var reason), reason);
        var path = Path.Combine(_objects.Directory, "k.hsaco");
        File.WriteAllBytes(path, compiler!.Compile("A.b", "extern \"C\" __attribute__((global)) void kernel(float* p) { p[0] = p[1] * p[2] + p[3]; }", "gfx90a"));
        var (_, instructions) = NativeLibraryOfTests.Run("llvm-objdump-22", "-d", path);
        Assert.Contains("v_mul_f32", instructions, StringComparison.Ordinal);
        Assert.Contains("v_add_f32", instructions, StringComparison.Ordinal);
        Assert.DoesNotContain("v_fma", instructions, StringComparison.Ordinal);
    }

    private CodeSource Load(StandInDriver driver, KernelSet kernels)
    {
        Assert.Equal(DeviceKind.Hip, driver.Devices[0].Kind);
        return new CodeSource(kernels, _objects.Directory, compiles: true, new CodeCache(_cache, 1 << 30));
    }

    private sealed class Recorder(List<KernelCompilation> compiled) : IProgress<KernelCompilation>
    {
        public void Report(KernelCompilation value) => compiled.Add(value);
    }

    /// <summary>A variable of this process, for a while.</summary>
    private sealed class EnvironmentVariable : IDisposable
    {
        private readonly string _name;
        private readonly string? _before;

        public EnvironmentVariable(string name, string value)
        {
            _name = name;
            _before = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, value);
        }

        public void Dispose() => Environment.SetEnvironmentVariable(_name, _before);
    }
}
