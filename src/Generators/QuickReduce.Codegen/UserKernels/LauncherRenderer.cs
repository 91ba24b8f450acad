using System.Text;
using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>Renders the other half of a user's partial method: choose the kernel, check, pack the arguments, launch.</summary>
public static class LauncherRenderer
{
    /// <summary>Renders the launcher of a family. Pure: the same plan always gives the same text.</summary>
    public static string Render(UserKernelPlan plan)
    {
        var model = plan.Model;
        var typeParameters = model.Axes.Where(static a => a.Kind == UserKernelAxisKind.ElementType).Select(static a => a.Name).ToArray();
        var holderName = model.Types[0].Identifier.TrimStart('@') + model.PropertyName;
        var variables = new ScriptObject
        {
            { "tool", BindingsRenderer.ToolName },
            { "version", BindingsRenderer.ToolVersion },
            { "namespace", model.Namespace },
            { "qualified_name", model.QualifiedName },
            { "template", model.TemplateName },
            { "holder_name", holderName },
            { "holder", "global::" + (model.Namespace.Length > 0 ? model.Namespace + "." : string.Empty) + holderName },
            { "property", model.PropertyName },
            { "method", model.Method },
            { "modifiers", model.Accessibility.Length > 0 ? model.Accessibility + " static" : "static" },
            { "property_modifiers", (model.Accessibility.Length > 0 ? model.Accessibility : "private") + " static" },
            { "type_parameters", typeParameters.Length > 0 ? "<" + string.Join(", ", typeParameters) + ">" : string.Empty },
            { "constraints", new ScriptArray(model.TypeParameterConstraints) },
            { "signature", string.Join(", ", model.Parameters.Select(static p => p.CSharpType + " " + p.Name)) },
            { "is_documented", model.IsDocumented },
            { "axes", new ScriptArray(model.Axes.Select((axis, index) => AxisOf(model, axis, index))) },
            { "grid", model.Grid.Parameter },
            { "items_per_block", model.Grid.ItemsPerBlock },
            { "lengths", new ScriptArray(model.Parameters.Where(static p => p.Length.Length > 0).Select(LengthOf)) },
            { "arguments", new ScriptArray(ArgumentsOf(plan)) },
            { "argument_bytes", plan.ArgumentBytes },
            { "options", model.Parameters.FirstOrDefault(static p => p.Role == UserKernelParameterRole.Options)?.Name ?? "null" },
            { "kernels", new ScriptArray(plan.Kernels.Select(static k => k.Name)) },
            { "kernels_per_unit", UserKernelPlan.KernelsPerUnit },
            { "units", new ScriptArray(plan.Units.Select(static u => new ScriptObject { { "name", u.Name }, { "source_id", u.SourceId } })) },
        };

        var text = new StringBuilder();
        text.Append(TemplateLibrary.Render("csharp/header.scriban", variables));
        BindingsRenderer.AppendNested(text, model.Types, TemplateLibrary.Render("csharp/kernel_launcher.scriban", variables));
        text.Append(TemplateLibrary.Render("csharp/kernel_family.scriban", variables));
        return text.ToString();
    }

    private static ScriptObject AxisOf(UserKernelModel model, UserKernelAxis axis, int index)
    {
        var stride = model.Axes.Skip(index + 1).Aggregate(1, static (product, later) => product * later.Values.Count);
        return new()
        {
            { "name", axis.Name },
            { "is_type", axis.Kind == UserKernelAxisKind.ElementType },
            { "identifier", model.Parameters.FirstOrDefault(p => p.Name.TrimStart('@') == axis.Name)?.Name ?? axis.Name },
            { "is_exhausted", axis.Kind == UserKernelAxisKind.Boolean && axis.Values.Count == 2 },
            { "values", new ScriptArray(axis.Values.Select((value, i) => new ScriptObject { { "csharp", value.CSharp }, { "offset", i * stride } })) },
            { "declared", Literal(string.Join(", ", axis.Values.Select(static v => v.Text))) },
        };
    }

    private static ScriptObject LengthOf(UserKernelParameter parameter) => new()
    {
        { "name", parameter.Name },
        { "expression", parameter.Length },
        { "text", Literal(parameter.LengthText) },
    };

    private static IEnumerable<ScriptObject> ArgumentsOf(UserKernelPlan plan)
    {
        foreach (var parameter in plan.Model.Parameters)
        {
            if (parameter.Role is UserKernelParameterRole.Buffer or UserKernelParameterRole.Scalar)
            {
                yield return new ScriptObject
                {
                    { "method", parameter.Role == UserKernelParameterRole.Buffer ? "AddBuffer" : "AddScalar" },
                    { "offset", plan.Fields.First(f => f.Name == parameter.CppName).Offset },
                    { "name", parameter.Name },
                };
            }
        }
    }

    private static string Literal(string text) =>
        "\"" + string.Concat(text.Select(static c => c is '"' or '\\' ? "\\" + c : c < ' ' ? " " : c.ToString())) + "\"";
}
