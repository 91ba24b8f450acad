using System.Globalization;
using System.Text;
using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>Renders the C# members that a kernel set's partial class receives.</summary>
public static class BindingsRenderer
{
    private const string IndentUnit = "    ";

    private static readonly RenderedTexts<(KernelSetModel Model, EquatableArray<TranslationUnit> Units)> Texts = new(most: 256); // of some 45 KB each

    /// <summary>Tool name in <c>[GeneratedCode]</c>; tells generated members from the user's own.</summary>
    public const string ToolName = "QuickReduce.Generators";

    /// <summary>Tool version in <c>[GeneratedCode]</c>.</summary>
    public static string ToolVersion { get; } = typeof(BindingsRenderer).Assembly.GetName().Version.ToString(3);

    /// <summary>Renders the bindings of a kernel set. Pure: the same arguments always give the same text.</summary>
    /// <param name="model">The kernel set.</param>
    /// <param name="units">Its translation units, from <see cref="KernelPlanner.Plan(KernelSetModel)"/>.</param>
    public static string Render(KernelSetModel model, EquatableArray<TranslationUnit> units) =>
        Texts.GetOrRender((model, units), static set => RenderAnew(set.Model, set.Units));

    private static string RenderAnew(KernelSetModel model, EquatableArray<TranslationUnit> units)
    {
        var shape = BindingsShape.Of(model.Variants);
        IReadOnlyList<TypeDeclaration> types = [.. model.ContainingTypes, model.Type];

        // A type that is local to the generated file; the only other type there is the outermost one.
        var holderName = types[0].Identifier.TrimStart('@') + "KernelSet";
        var variables = new ScriptObject
        {
            { "tool", ToolName },
            { "version", ToolVersion },
            { "namespace", model.Namespace },
            { "class_name", model.Type.Identifier },
            { "holder_name", holderName },
            { "holder", "global::" + (model.Namespace.Length > 0 ? model.Namespace + "." : string.Empty) + holderName },
            { "qualified_name", model.QualifiedName },
            { "variants", ListOf(model.Variants, Variant) },
            { "units", ListOf(units, Unit) },
            { "world_sizes", ListOf(shape.WorldSizes, WorldSize) },
            { "is_uniform", shape.IsUniform },
            { "groups", ListOf(shape.Groups, Group) },
        };

        var text = new StringBuilder();
        text.Append(TemplateLibrary.Render("csharp/header.scriban", variables));
        AppendNested(text, types, TemplateLibrary.Render("csharp/members.scriban", variables));
        text.Append(TemplateLibrary.Render("csharp/kernel_set.scriban", variables));
        return text.ToString();
    }

    /// <summary>Appends members inside the other part of a type and of the types around it.</summary>
    internal static void AppendNested(StringBuilder text, IReadOnlyList<TypeDeclaration> types, string members)
    {
        for (var depth = 0; depth < types.Count; depth++)
        {
            AppendLine(text, depth, types[depth].ToString());
            AppendLine(text, depth, "{");
        }

        foreach (var line in members.TrimEnd('\n').Split('\n'))
        {
            AppendLine(text, types.Count, line);
        }

        for (var depth = types.Count - 1; depth >= 0; depth--)
        {
            AppendLine(text, depth, "}");
        }
    }

    private static void AppendLine(StringBuilder text, int depth, string line)
    {
        // An included template indents its empty lines.
        var isEmpty = string.IsNullOrWhiteSpace(line);
        for (var i = 0; i < depth && !isEmpty; i++)
        {
            text.Append(IndentUnit);
        }

        text.Append(isEmpty ? string.Empty : line).Append('\n');
    }

    private static ScriptArray ListOf<T>(IEnumerable<T> items, Func<T, ScriptObject> convert) => [.. items.Select(convert)];

    private static ScriptObject Variant(KernelVariant variant) => new()
    {
        { "data_type", variant.DataType.ToString() },
        { "regime", variant.Regime.ToString() },
        { "world_size", variant.WorldSize },
        { "algorithm", variant.Algorithm.ToString() },
        { "more", MoreOf(variant) },
    };

    /// <summary>The axes that are not at their defaults, as an object initializer.</summary>
    private static string MoreOf(KernelVariant variant)
    {
        var usual = new KernelVariant(variant.DataType, variant.Regime, variant.WorldSize, variant.Algorithm);
        var axes = new List<string>();
        Add(nameof(variant.GroupSize), variant.GroupSize, usual.GroupSize);
        if (variant.ScaleFormat != usual.ScaleFormat)
        {
            axes.Add(nameof(variant.ScaleFormat) + " = global::QuickReduce.ScaleFormat." + variant.ScaleFormat);
        }

        Add(nameof(variant.BlockSize), variant.BlockSize, usual.BlockSize);
        Add(nameof(variant.AtomsPerThread), variant.AtomsPerThread, usual.AtomsPerThread);
        return axes.Count == 0 ? string.Empty : " { " + string.Join(", ", axes) + " }";

        void Add(string name, int value, int usualValue)
        {
            if (value != usualValue)
            {
                axes.Add(name + " = " + value.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static ScriptObject Unit(TranslationUnit unit) => new()
    {
        { "name", unit.Name },
        { "source_id", unit.SourceId },
    };

    private static ScriptObject WorldSize(int worldSize) => new()
    {
        { "name", BindingsShape.NameOfWorldSize(worldSize) },
        { "value", worldSize },
    };

    private static ScriptObject Group(GroupShape group) => new()
    {
        { "type_name", group.TypeName },
        { "factory_name", group.FactoryName },
        { "join_name", group.JoinName },
        { "gpu_type_name", group.GpuTypeName },
        { "gpu_factory_name", group.GpuFactoryName },
        { "gpu_join_name", group.GpuJoinName },
        { "world_size", group.WorldSize ?? 0 },
        { "regime_enums", ListOf(group.RegimeEnums, RegimeEnum) },
        { "elements", ListOf(group.Elements, Element) },
    };

    private static ScriptObject RegimeEnum(RegimeEnumShape regimeEnum) => new()
    {
        { "name", regimeEnum.Name },
        { "data_type", regimeEnum.DataType?.ToString() ?? string.Empty },
        { "is_usual", regimeEnum.IsUsual },
        { "formats", ListOf(regimeEnum.Formats, Format) },
    };

    private static ScriptObject Format(FormatShape format) => new()
    {
        { "name", format.Name },
        { "value", format.Value },
        { "regime", format.Regime.ToString() },
        { "group_size", format.GroupSize },
        { "scale_format", format.ScaleFormat.ToString() },
        { "shares_exponents", format.ScaleFormat == ScaleFormat.SharedExponent },
        { "is_quantized", format.Regime != QuantRegime.FP },
        { "bits_per_code", (int)format.Regime },
        { "bits_per_element", format.Regime == QuantRegime.FP ? 0 : new WireFormat(DataType.Float16, format.Mode).BitsPerElement },
    };

    private static ScriptObject Element(ElementShape element) => new()
    {
        { "type", TypeOf(element.DataType) },
        { "data_type", element.DataType.ToString() },
        { "regime_enum", element.RegimeEnum },
        { "is_usual", element.IsUsual },
    };

    private static string TypeOf(DataType dataType) => dataType switch
    {
        DataType.Float16 => "global::System.Half",
        DataType.BFloat16 => "global::QuickReduce.BFloat16",
        DataType.Float32 => "float",
        _ => throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type."),
    };
}
