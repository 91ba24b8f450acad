namespace QuickReduce.Package.Tests;

/// <summary>What a user would write.</summary>
internal static class Sources
{
    /// <summary>A project file with a package or project reference.</summary>
    /// <param name="properties">Properties besides the usual ones.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="framework">The target framework.</param>
    public static string Project(string properties, string reference, string framework = "net10.0") =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>{framework}</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <QuickReduceHostLevels>x86-64-v3</QuickReduceHostLevels>
            {properties}
          </PropertyGroup>
          <ItemGroup>
            {reference}
          </ItemGroup>
        </Project>
        """;

    public const string QuickReduceReference = """<PackageReference Include="QuickReduce" Version="*-*" />""";

    public static string Kernels(string @namespace, string name) =>
        $"""
        using QuickReduce;

        namespace {@namespace};

        [AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP, QuantRegime.Int8], WorldSizes = [2])]
        public partial class {name};
        """;

    /// <summary>Sums on two ranks in full precision and in 8 bits; says what it ran on and whether the results are right.</summary>
    public static string Program(params string[] kernelClasses) => string.Join("\n", kernelClasses.Select(static name =>
        $$"""
        {
            var options = new QuickReduce.GroupOptions { Device = args.Length > 0 ? Enum.Parse<QuickReduce.DeviceKind>(args[0]) : QuickReduce.DeviceKind.Auto };
            using var group = {{name}}.CreateGroup({{name}}.WorldSize.Two, options);
            foreach (var regime in new[] { {{name}}.Regime.FP, {{name}}.Regime.Int8 })
            {
                Half[][] buffers = [[.. Enumerable.Range(0, 1000).Select(i => (Half)i)], [.. Enumerable.Range(0, 1000).Select(i => (Half)(2 * i))]];
                group.AllReduce([buffers[0], buffers[1]], [buffers[0], buffers[1]], regime);
                // One part in 128 of the largest of a group's 32 elements, for each of the inputs and for the sum.
                var tolerance = regime == {{name}}.Regime.FP ? 1 / 1024.0 : 3 / 128.0;
                var right = Enumerable.Range(0, 1000).All(i => Math.Abs((double)buffers[0][i] - 3 * i) <= 3 * (i + 32) * tolerance);
                Console.WriteLine($"{group.Device} {regime} right={right} same={buffers[0].AsSpan().SequenceEqual(buffers[1])}");
            }
        }
        """));

    /// <summary>What the program writes for each class.</summary>
    public static string ExpectedOutput(string device, int classes = 1) =>
        string.Concat(Enumerable.Repeat($"{device} FP right=True same=True\n{device} Int8 right=True same=True\n", classes));
}
