using System.Reflection;
using System.Reflection.Emit;
using System.Text;

namespace QuickReduce
{
    /// <summary>Stands for the run time's attribute: assemblies made here refer to it.</summary>
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    public sealed class KernelSourceAttribute(string unitName, string text) : Attribute
    {
        public string UnitName { get; } = unitName;

        public string Text { get; } = text;
    }
}

namespace QuickReduce.Build.Tests
{
    public sealed class KernelSourceReaderTests : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public void Dispose() => _folder.Dispose();

        // That the assembly declares the attribute itself is what every project in ConsumerBuildTests does.
        [Fact]
        public void Attributes_that_are_referenced_are_read()
        {
            string text = "// größe\r\n" + new string('x', 70_000) + "\n";
            using Stream assembly = Assemble(Blob("a", text), Blob("b", ""));
            Assert.Equal([new KernelSource("a", text), new KernelSource("b", "")], Read(assembly));
        }

        [Fact]
        public void An_assembly_without_kernels_has_none()
        {
            using Stream assembly = Assemble();
            Assert.Empty(Read(assembly));
        }

        [Theory]
        [InlineData("../a", "name of the kernel source")]
        [InlineData("A", "Two kernel sources")]
        public void A_name_that_can_be_no_file_of_its_own_is_refused(string name, string expected)
        {
            using Stream assembly = Assemble(Blob("a", "1"), Blob(name, "2"));
            Assert.Contains(expected, Assert.Throws<UnusableKernelSourceException>(() => Read(assembly)).Message, StringComparison.Ordinal);
        }

        [Theory]
        [InlineData(new byte[] { })]
        [InlineData(new byte[] { 1, 0 })]
        [InlineData(new byte[] { 2, 0, 1, 97, 1, 98, 0, 0 })]
        [InlineData(new byte[] { 1, 0, 1, 97 })]
        [InlineData(new byte[] { 1, 0, 0xff, 1, 98, 0, 0 })]
        [InlineData(new byte[] { 1, 0, 1, 97, 0x7f, 98 })]
        public void A_damaged_attribute_is_refused(byte[] blob)
        {
            using Stream assembly = Assemble(blob);
            Assert.Throws<UnusableKernelSourceException>(() => Read(assembly));
        }

        [Fact]
        public void A_file_that_is_no_assembly_is_an_error_of_the_build()
        {
            var engine = new RecordingBuildEngine();
            var task = new ExtractKernelSources
            {
                BuildEngine = engine,
                Assembly = _folder.Write("no.dll", "not an assembly"),
                SourceFolder = _folder["source"],
            };
            Assert.False(task.Execute());
            Assert.Equal(DiagnosticIds.UnusableKernelSource, Assert.Single(engine.Errors).Code);
        }

        [Fact]
        public void Files_are_written_when_different_and_pruned_when_gone()
        {
            Extract(Blob("a", "one"), Blob("b", "two"));
            Assert.Equal(["a.hip", "b.hip"], _folder.Files("source"));
            DateTime before = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            File.SetLastWriteTimeUtc(_folder["source/a.hip"], before);
            Extract(Blob("a", "one"), Blob("c", "three"));
            Assert.Equal(["a.hip", "c.hip"], _folder.Files("source"));
            Assert.Equal(before, File.GetLastWriteTimeUtc(_folder["source/a.hip"]));
            Extract();
            Assert.Empty(_folder.Files("source"));
        }

        private void Extract(params byte[][] blobs)
        {
            using (FileStream file = File.Create(_folder["kernels.dll"]))
            using (Stream assembly = Assemble(blobs))
            {
                assembly.CopyTo(file);
            }

            var task = new ExtractKernelSources
            {
                BuildEngine = new RecordingBuildEngine(),
                Assembly = _folder["kernels.dll"],
                SourceFolder = _folder["source"],
            };
            Assert.True(task.Execute());
        }

        private static IReadOnlyList<KernelSource> Read(Stream assembly) => KernelSourceReader.Read(assembly, "test.dll");

        private static MemoryStream Assemble(params byte[][] blobs)
        {
            var assembly = new PersistedAssemblyBuilder(new AssemblyName("Kernels"), typeof(object).Assembly);
            assembly.DefineDynamicModule("Kernels");
            ConstructorInfo constructor = typeof(KernelSourceAttribute).GetConstructors()[0];
            foreach (byte[] blob in blobs)
            {
                assembly.SetCustomAttribute(constructor, blob);
            }

            var image = new MemoryStream();
            assembly.Save(image);
            image.Position = 0;
            return image;
        }

        /// <summary>The blob of an attribute with two strings as ECMA-335 II.23.3 has it.</summary>
        private static byte[] Blob(string unitName, string text) => [1, 0, .. Serialized(unitName), .. Serialized(text), 0, 0];

        private static byte[] Serialized(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            int length = bytes.Length;
            byte[] prefix = length switch
            {
                < 0x80 => [(byte)length],
                < 0x4000 => [(byte)(0x80 | length >> 8), (byte)length],
                _ => [(byte)(0xc0 | length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length],
            };
            return [.. prefix, .. bytes];
        }
    }
}
