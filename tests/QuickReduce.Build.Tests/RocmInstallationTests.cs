using Microsoft.Build.Framework;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Build.Tests;

/// <summary>ROCm installations as AMD lays them out, one or several on a machine, with a real clang inside.</summary>
public sealed class RocmInstallationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RequiresProgramsFact("clang++-22")]
    public void A_ROCm_installation_compiles_for_MI300_and_MI350()
    {
        RocmTree rocm = Rocm("opt/rocm-7.0.2", "7.0.51831", "20.0.0");
        NativeBuild build = Build("gfx942;gfx950;gfx90a;gfx942:sramecc+:xnack-");
        build.SetSource("kernel", SampleKernels.Scale);
        Assert.True(build.Run(), Errors(build));
        Assert.Empty(build.Engine.Warnings.Select(warning => warning.Message));
        Assert.Equal(
            ["gfx90a/kernel.hsaco", "gfx942/kernel.hsaco", "gfx942_sramecc+_xnack-/kernel.hsaco", "gfx950/kernel.hsaco"],
            build.Kernels.Where(file => file.EndsWith(".hsaco", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains(build.Engine.Messages, message => message.Message!.Contains("(hipcc 7.0.51831 (clang 20.0.0))", StringComparison.Ordinal));
        Assert.All(rocm.Calls, call => Assert.StartsWith(rocm.Clang, call, StringComparison.Ordinal));
    }

    /// <summary>In the order of the list: each is taken once all before it are gone.</summary>
    [RequiresProgramsFact("clang++-22")]
    public void Installations_are_looked_for_where_the_environment_says_and_then_in_the_usual_places()
    {
        string[] places = ["property", "env rocm", "env hip", "search path", "opt/rocm", "opt/rocm/core", "opt/rocm/core-7.14", "opt/rocm-7.0.2", "opt/rocm-6.10.0", "opt/rocm-6.9.1", "usr"];
        Dictionary<string, RocmTree> trees = places.ToDictionary(place => place, place => Rocm(place, "6.3.42133", "19.0.0"));
        string? property = trees["property"].Root;
        foreach (string place in places)
        {
            NativeBuild build = Build("gfx942");
            build.RocmPath = property ?? "";
            build.Environment["ROCM_PATH"] = trees["env rocm"].Root;
            build.Environment["HIP_PATH"] = trees["env hip"].Root;
            build.Environment["PATH"] = Path.GetDirectoryName(trees["search path"].Hipcc)!;
            Assert.True(build.Resolve(out ITaskItem[] targets), Errors(build));
            Assert.Equal(trees[place].Hipcc, Assert.Single(targets).GetMetadata(ItemMetadata.CompilerPath));
            property = null;
            trees[place].RemoveHipcc();
        }
    }

    /// <summary>hipcc follows ROCM_PATH: one that the project chooses has to be told of its own installation.</summary>
    [RequiresProgramsFact("clang++-22")]
    public void A_hipcc_uses_the_clang_of_its_own_installation()
    {
        RocmTree chosen = Rocm("opt/rocm-7.0.2", "7.0.51831", "20.0.0");
        RocmTree other = Rocm("opt/rocm-6.3.1", "6.3.42133", "18.0.0", "gfx950");
        string? before = Environment.GetEnvironmentVariable("ROCM_PATH");
        Environment.SetEnvironmentVariable("ROCM_PATH", other.Root);
        try
        {
            NativeBuild build = Build("gfx950");
            build.RocmPath = chosen.Root;
            build.SetSource("kernel", SampleKernels.Scale);
            Assert.True(build.Run(), Errors(build));
            Assert.Equal(["gfx950/kernel.hsaco"], build.Kernels.Where(file => file.EndsWith(".hsaco", StringComparison.Ordinal)));
            Assert.Empty(other.Calls);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ROCM_PATH", before);
        }
    }

    [RequiresProgramsFact("clang++-22")]
    public void An_architecture_newer_than_one_installation_is_compiled_by_the_next_that_knows_it()
    {
        Rocm("opt/rocm", "6.3.42133", "18.0.0", "gfx950");
        RocmTree newer = Rocm("opt/rocm-7.0.2", "7.0.51831", "20.0.0");
        NativeBuild build = Build("gfx942;gfx950");
        Assert.True(build.Resolve(out ITaskItem[] targets), Errors(build));
        Assert.Equal([_folder["opt/rocm/bin/hipcc"], newer.Hipcc], targets.Select(target => target.GetMetadata(ItemMetadata.CompilerPath)));
    }

    [RequiresProgramsFact("clang++-22")]
    public void An_architecture_newer_than_all_compilers_is_named_with_what_it_needs()
    {
        Rocm("opt/rocm", "6.3.42133", "18.0.0", "gfx950", "gfx1300");
        NativeBuild build = Build("gfx942;gfx950");
        Assert.True(build.Resolve(out ITaskItem[] targets));
        Assert.Equal(["gfx942"], targets.Select(target => target.ItemSpec));
        string message = Assert.Single(build.Engine.Warnings).Message!;
        Assert.StartsWith("No compiler for gfx950,", message, StringComparison.Ordinal);
        Assert.Contains("(hipcc 6.3.42133 (clang 18.0.0)) does not compile for gfx950: clang++: invalid target ID", message, StringComparison.Ordinal);
        Assert.Contains("gfx950 and gfx9-4-generic need clang 20 or ROCm 7.0, or later.", message, StringComparison.Ordinal);

        build = Build("gfx1300");
        Assert.True(build.Resolve(out _));
        Assert.Contains("newer than it, or misspelt", Assert.Single(build.Engine.Warnings).Message, StringComparison.Ordinal);
    }

    [RequiresProgramsFact("clang++-22")]
    public void An_installation_without_hipcc_compiles_with_its_clang()
    {
        RocmTree rocm = Rocm("somewhere/rocm", "7.0.51831", "20.0.0");
        rocm.RemoveHipcc();
        NativeBuild build = Build("gfx942");
        build.RocmPath = rocm.Root;
        Assert.True(build.Resolve(out ITaskItem[] targets), Errors(build));
        Assert.Equal((rocm.Clang, nameof(CompilerKind.Clang)), (targets[0].GetMetadata(ItemMetadata.CompilerPath), targets[0].GetMetadata(ItemMetadata.CompilerKind)));
    }

    [Fact]
    public void A_folder_that_is_no_installation_is_said()
    {
        Directory.CreateDirectory(_folder["empty/bin"]);
        NativeBuild build = Build("gfx942");
        build.RocmPath = _folder["empty"];
        Assert.False(build.Resolve(out _));
        BuildErrorEventArgs error = Assert.Single(build.Engine.Errors);
        Assert.Equal(DiagnosticIds.ExplicitPathMissing, error.Code);
        Assert.Contains("neither bin/hipcc nor llvm/bin/clang++", error.Message, StringComparison.Ordinal);
    }

    private RocmTree Rocm(string root, string hip, string clang, params string[] unknown) => new(_folder, root, hip, clang, unknown);

    private NativeBuild Build(string architectures) => new(_folder) { OffloadArchs = architectures, Environment = { ["PATH"] = "" } };

    private static string Errors(NativeBuild build) =>
        string.Join("\n", build.Engine.Errors.Select(error => error.Message).Concat(build.Engine.Warnings.Select(warning => warning.Message)));
}
