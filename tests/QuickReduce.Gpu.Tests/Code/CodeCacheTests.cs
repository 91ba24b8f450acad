using System.Diagnostics;
using QuickReduce.Devices.Gpu.Code;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests.Code;

/// <summary>What is kept of what was compiled: found again, verified, shared, bounded.</summary>
public sealed class CodeCacheTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "quickreduce cache größe " + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public void WhatWasMadeIsFoundAgain()
    {
        Assert.Equal([1, 2, 3], Cache().GetOrAdd(Entry("a"), static () => [1, 2, 3], out var wasCached));
        Assert.False(wasCached);
        Assert.Equal([1, 2, 3], Cache().GetOrAdd(Entry("a"), static () => throw new InvalidOperationException("again"), out wasCached));
        Assert.True(wasCached);
        var entry = Assert.Single(Cache().List());
        Assert.Equal(Entry("a"), entry.Description);
        Assert.Equal([entry.Path], Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
        }
    }

    [Fact]
    public void AKeyDependsOnTextOptionsAndCompilerAndOnNothingElse()
    {
        string[] keys =
        [
            CodeCache.Key("text", ["--offload-arch=gfx942", "-O3"], "hipRTC 1"),
            CodeCache.Key("text ", ["--offload-arch=gfx942", "-O3"], "hipRTC 1"),
            CodeCache.Key("text", ["--offload-arch=gfx950", "-O3"], "hipRTC 1"),
            CodeCache.Key("text", ["--offload-arch=gfx942-O3"], "hipRTC 1"),
            CodeCache.Key("text", ["--offload-arch=gfx942", "-O3"], "hipRTC 2"),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], CodeCache.Key("text", ["--offload-arch=gfx942", "-O3"], "hipRTC 1"));
    }

    /// <summary>Any byte of a file may be wrong, and any part of it missing: it is made again.</summary>
    [Fact]
    public void ADamagedFileIsMadeAgain()
    {
        var path = Cache().PathOf("a");
        _ = Cache().GetOrAdd(Entry("a"), static () => [1, 2, 3, 4], out _);
        var whole = File.ReadAllBytes(path);
        for (var i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 0x20;
            foreach (var damaged in new[] { changed, whole[..i] })
            {
                File.WriteAllBytes(path, damaged);
                var code = Cache().GetOrAdd(Entry("a"), static () => [1, 2, 3, 4], out var wasCached);
                Assert.Equal([1, 2, 3, 4], code);

                // Only what is said about it may change unnoticed: never the code, its hash, or which it is.
                Assert.True(!wasCached || CachedCode.Read(damaged, out var read) is { Key: "a" } && read.SequenceEqual(code));
            }
        }

        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void AFileOfAnotherKeyIsNotTaken()
    {
        _ = Cache().GetOrAdd(Entry("a"), static () => [1], out _);
        File.Copy(Cache().PathOf("a"), Cache().PathOf("b"));
        Assert.Equal([2], Cache().GetOrAdd(Entry("b"), static () => [2], out _));
    }

    [Fact]
    public void AMakerThatFailsLeavesNothingBehind()
    {
        Assert.Throws<InvalidOperationException>(() => Cache().GetOrAdd(Entry("a"), static () => throw new InvalidOperationException(), out _));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void BeyondItsSizeThoseGoThatWereNotUsedForLongest()
    {
        var cache = Cache(maxBytes: 4096);
        foreach (var key in new[] { "old", "used", "newer" })
        {
            _ = cache.GetOrAdd(Entry(key), static () => new byte[1000], out _);
            File.SetLastWriteTimeUtc(cache.PathOf(key), DateTime.UtcNow.AddDays(-1));
        }

        _ = cache.GetOrAdd(Entry("used"), static () => [], out _);
        File.SetLastWriteTimeUtc(cache.PathOf("old"), DateTime.UtcNow.AddDays(-2));
        _ = cache.GetOrAdd(Entry("newest"), static () => new byte[1000], out _);
        Assert.Equal(["newer", "newest", "used"], cache.List().Select(static entry => entry.Description!.Key).Order());

        // What is larger than the whole is not kept, and nothing goes for it.
        _ = cache.GetOrAdd(Entry("huge"), static () => new byte[5000], out _);
        Assert.Equal(3, cache.List().Count);
    }

    [Fact]
    public void ClearingRemovesWhatIsOfTheCacheOnly()
    {
        _ = Cache().GetOrAdd(Entry("a"), static () => [1], out _);
        File.WriteAllText(Path.Combine(_folder, "x.tmp"), string.Empty);
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), string.Empty);
        Assert.Equal(1, Cache().Clear().Count);
        Assert.Equal(["notes.txt"], Directory.GetFiles(_folder).Select(static file => Path.GetFileName(file)));
        File.Delete(Path.Combine(_folder, "notes.txt"));
        Assert.Equal((0, 0L), Cache().Clear());
        Assert.False(Directory.Exists(_folder));
        Assert.Equal((0, 0L), Cache().Clear());
        Assert.Empty(Cache().List());
    }

    /// <summary>Locks belong to open files, not to processes: objects of their own are to each other as processes are.</summary>
    [Fact]
    public async Task ManyAtOnceMakeItOnce()
    {
        var made = 0;
        var codes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Factory.StartNew(
            () => Cache().GetOrAdd(
                Entry("a"),
                () =>
                {
                    Thread.Sleep(100);
                    return [(byte)Interlocked.Increment(ref made)];
                },
                out var _),
            TaskCreationOptions.LongRunning)));
        Assert.All(codes, static code => Assert.Equal([1], code));
        Assert.Equal([Cache().PathOf("a")], Directory.GetFiles(_folder));
    }

    /// <summary>Another process has the turn; what it publishes before it ends is taken, and nothing is made.</summary>
    [RequiresProgramsFact("flock")]
    public void WhatAnotherProcessIsMakingIsWaitedFor()
    {
        _ = Cache().GetOrAdd(Entry("a"), static () => [1, 2, 3], out _);
        var (path, ready) = (Cache().PathOf("a"), Path.Combine(_folder, "ready"));
        File.Move(path, ready);
        using var other = Process.Start("flock", [path + ".lock", "sh", "-c", "echo > \"$1.started\"; sleep 0.5; mv \"$1\" \"$2\"", "sh", ready, path]);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(ready + ".started"), TimeSpan.FromSeconds(30)));
        Assert.Equal([1, 2, 3], Cache().GetOrAdd(Entry("a"), static () => throw new InvalidOperationException("made twice"), out var wasCached));
        Assert.True(wasCached);
        other.WaitForExit();
    }

    /// <summary>A process that is killed leaves its lock's file, which nobody holds.</summary>
    [Fact]
    public void TheLockOfAProcessThatDiedHoldsNobodyUp()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Cache().PathOf("a") + ".lock", string.Empty);
        File.WriteAllText(Cache().PathOf("a") + ".0123.tmp", "half of i");
        Assert.Equal([1], Cache().GetOrAdd(Entry("a"), static () => [1], out _));
    }

    [Fact]
    public void AFolderThatCannotBeThereCostsNoMoreThanTheWork()
    {
        File.WriteAllText(_folder, "a file in the way");
        var watch = Stopwatch.StartNew();
        Assert.Equal([1], Cache().GetOrAdd(Entry("a"), static () => [1], out var wasCached));
        Assert.False(wasCached);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "it waits for a lock that there can never be");
        File.Delete(_folder);
    }

    [Theory]
    [InlineData("QUICKREDUCE_CACHE=/somewhere/else", "/somewhere/else", 256)]
    [InlineData("XDG_CACHE_HOME=/xdg HOME=/home/me", "/xdg/quickreduce", 256)]
    [InlineData("XDG_CACHE_HOME=relative HOME=/home/me", "/home/me/.cache/quickreduce", 256)]
    [InlineData("HOME=/home/me QUICKREDUCE_CACHE_MAX_MB=7", "/home/me/.cache/quickreduce", 7)]
    [InlineData("HOME=/home/me QUICKREDUCE_CACHE=off", null, 0)]
    [InlineData("HOME=/home/me QUICKREDUCE_CACHE=OFF", null, 0)]
    [InlineData("", null, 0)]
    public void TheEnvironmentSaysWhereItIs(string environment, string? folder, int megabytes)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var cache = CodeCacheSettings.Open(VariablesOf(environment));
        Assert.Equal(folder, cache?.Folder);
        Assert.Equal((long)megabytes << 20, cache?.MaxBytes ?? 0);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("big")]
    [InlineData("1.5")]
    public void ASizeThatIsNoneIsAnErrorThatSaysWhatItCanBe(string value)
    {
        var exception = Assert.Throws<EnvironmentSettingException>(() => CodeCacheSettings.Open(VariablesOf("QUICKREDUCE_CACHE_MAX_MB=" + value)));
        Assert.Equal(CodeCacheSettings.SizeVariable, exception.Variable);
        Assert.Contains("1 to ", exception.Message, StringComparison.Ordinal);
    }

    private static Func<string, string?> VariablesOf(string environment)
    {
        var values = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=')).ToDictionary(static pair => pair[0], static pair => pair[1]);
        return name => values.GetValueOrDefault(name);
    }

    private static CachedCode Entry(string key) => new(key, "My.Kernels.float16_int4", "gfx942:sramecc+:xnack-", "hipRTC 9.0 (somewhere)");

    private CodeCache Cache(long maxBytes = 1 << 20) => new(_folder, maxBytes);
}
