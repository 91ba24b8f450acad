using System.Text;

namespace QuickReduce.Build.Tests;

/// <summary>
/// A user's project in a folder of its own, built with <c>dotnet</c>. It declares the attribute itself and references no
/// package, so that it restores without a network.
/// </summary>
internal sealed class ConsumerProject
{
    private const string AttributeText =
        """
        namespace QuickReduce
        {
            [System.AttributeUsage(System.AttributeTargets.Assembly, AllowMultiple = true)]
            internal sealed class KernelSourceAttribute : System.Attribute
            {
                public KernelSourceAttribute(string unitName, string text) { }
            }
        }

        """;

    private readonly TemporaryFolder _folder;
    private readonly string _name;

    public ConsumerProject(TemporaryFolder folder, string name, string outputType = "Exe", string properties = "", string items = "")
    {
        _folder = folder;
        _name = name;
        string nativeBuild = MSBuildAssemblies.NativeBuildFolder;
        folder.Write($"{name}/{name}.csproj", $"""
            <Project>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
              <Import Project="{nativeBuild}/QuickReduce.props" />
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <OutputType>{outputType}</OutputType>
                <UseAppHost>false</UseAppHost>
                <QuickReduceBuildTasksAssembly>{typeof(CompileKernels).Assembly.Location}</QuickReduceBuildTasksAssembly>
                {properties}
              </PropertyGroup>
              <ItemGroup>{items}</ItemGroup>
              <Import Project="{nativeBuild}/QuickReduce.targets" />
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
            </Project>
            """);
        folder.Write($"{name}/Attribute.cs", AttributeText);
        WriteProgram(outputType == "Exe" ? "System.Console.WriteLine(1);" : "internal static class Nothing { }");
    }

    public string ProjectFile => _folder[$"{_name}/{_name}.csproj"];

    /// <summary>What lies beside the application.</summary>
    public string[] Placed => _folder.Files($"{_name}/bin/Debug/net10.0/quickreduce");

    public string[] Intermediate => _folder.Files($"{_name}/obj/Debug/net10.0/quickreduce");

    /// <summary>What lies beside the application that is built for a framework.</summary>
    public string[] PlacedFor(string framework) => _folder.Files($"{_name}/bin/Debug/{framework}/quickreduce");

    public string OutputFolder => $"{_name}/bin/Debug/net10.0";

    public void WriteProgram(string text) => _folder.Write($"{_name}/Program.cs", text + "\n");

    public void WriteKernels(params (string UnitName, string Text)[] units)
    {
        var text = new StringBuilder();
        foreach ((string unitName, string source) in units)
        {
            text.Append($"[assembly: QuickReduce.KernelSource(\"{unitName}\", \"\"\"\"\"\n{source}\n\"\"\"\"\")]\n");
        }

        _folder.Write($"{_name}/Kernels.cs", text.ToString());
    }

    public void TouchKernels() => File.SetLastWriteTimeUtc(_folder[$"{_name}/Kernels.cs"], DateTime.UtcNow.AddSeconds(2));

    public DotnetResult Build(params string[] arguments) => Dotnet("build", arguments);

    public DotnetResult Dotnet(string command, string[] arguments, string? path = null) => Run([command, ProjectFile, .. arguments], path);

    /// <summary>Builds a solution of several consumers.</summary>
    public static DotnetResult BuildSolution(string solution, params string[] arguments) => Run(["build", solution, .. arguments], null);

    private static DotnetResult Run(string[] arguments, string? path) =>
        DotnetCommand.Run(Path.GetDirectoryName(arguments[1])!, [.. arguments, "--nologo", "-tl:off", "-nodeReuse:false"], path is null ? [] : [("PATH", path)]);
}
