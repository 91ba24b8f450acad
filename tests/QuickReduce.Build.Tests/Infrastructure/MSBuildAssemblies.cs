using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace QuickReduce.Build.Tests;

/// <summary>Loads MSBuild's assemblies from the SDK that built the tests: its package has none for this framework.</summary>
internal static class MSBuildAssemblies
{
    [ModuleInitializer]
    internal static void LoadFromSdk() =>
        AssemblyLoadContext.Default.Resolving += static (context, name) =>
        {
            string path = Path.Combine(Metadata("MSBuildFolder"), name.Name + ".dll");
            return name.Name!.StartsWith("Microsoft.", StringComparison.Ordinal) && File.Exists(path)
                ? context.LoadFromAssemblyPath(path)
                : null;
        };

    public static string NativeBuildFolder => Metadata("NativeBuildFolder");

    private static string Metadata(string key) =>
        typeof(MSBuildAssemblies).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(entry => entry.Key == key).Value!;
}
