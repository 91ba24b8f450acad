using System.Globalization;
using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>Renders the HIP source of a user's kernels: his template once for each, in a unit with our primitives.</summary>
public static class UserKernelRenderer
{
    /// <summary>The template that stands around the user's.</summary>
    public const string UnitTemplate = "hip/kernel/unit.scriban";

    private const int BlockLanes = 256;

    /// <summary>Renders a unit. Pure: the same arguments always give the same text.</summary>
    /// <exception cref="TemplateException">A template of the user's does not parse or render.</exception>
    public static string Render(UserKernelPlan plan, UserKernelUnit unit, CancellationToken cancellationToken)
    {
        var model = new ScriptObject
        {
            { "unit", unit.Name },
            { "method", plan.Model.QualifiedName },
            { "template", plan.Model.TemplateName },
            { "source_id", unit.SourceId },
            { "abi_version", HipRenderer.AbiVersion },
            { "version", BindingsRenderer.ToolVersion },
            { "argument_bytes", plan.ArgumentBytes },
            { "fields", new ScriptArray(plan.Fields.Select(static f => new ScriptObject { { "name", f.Name }, { "type", f.Type }, { "offset", f.Offset } })) },
            { "kernels", new ScriptArray(unit.Kernels.Select((kernel, index) => ModelOf(plan, kernel, index, cancellationToken))) },

            // What the platform partials ask: nothing here travels on a wire.
            { "quantized", false },
            { "has_one_shot", false },
            { "has_two_shot", false },
            { "has_direct", false },
            { "has_flags", false },
            { "has_packet_pairs", false },
            { "has_word_pairs", false },
            { "has_atoms", true },
            { "has_halves", false },
            { "stages_rows", false },
            { "keeps_loops", false },
            { "block_size", BlockLanes },
        };
        return TemplateLibrary.Render(UnitTemplate, model, plan.Templates, cancellationToken);
    }

    private static ScriptObject ModelOf(UserKernelPlan plan, UserKernel kernel, int index, CancellationToken cancellationToken)
    {
        var variables = new ScriptObject { { "kernel_name", kernel.Name } };
        var (types, enums, constants) = (new ScriptArray(), new ScriptArray(), new ScriptArray());
        for (var i = 0; i < plan.Model.Axes.Count; i++)
        {
            var (axis, value) = (plan.Model.Axes[i], kernel.Values[i]);
            variables.SetValue(VariableOf(axis), Variable(axis, value), readOnly: true);
            switch (axis.Kind)
            {
                case UserKernelAxisKind.ElementType:
                    types.Add(new ScriptObject { { "name", axis.Name }, { "cpp", value.Cpp } });
                    break;
                case UserKernelAxisKind.Enumeration:
                    enums.Add(new ScriptObject
                    {
                        { "type", axis.TypeName },
                        { "underlying", axis.CppType },
                        { "members", new ScriptArray(axis.Values.Select(static v => v.Text + " = " + v.Cpp)) },
                    });
                    constants.Add(Constant(axis, axis.TypeName, axis.TypeName + "::" + value.Text));
                    break;
                case UserKernelAxisKind.Integer or UserKernelAxisKind.Boolean:
                    constants.Add(Constant(axis, axis.CppType, value.Cpp));
                    break;
            }
        }

        return new ScriptObject
        {
            { "name", kernel.Name },
            { "scope", "kernel" + index.ToString(CultureInfo.InvariantCulture) },
            { "types", types },
            { "enums", enums },
            { "constants", constants },
            { "body", TemplateLibrary.Render(plan.Model.TemplateName, variables, plan.Templates, cancellationToken).TrimEnd('\n') + "\n" },
        };
    }

    /// <summary>The name under which a template sees an axis.</summary>
    private static string VariableOf(UserKernelAxis axis) => axis.Kind == UserKernelAxisKind.ElementType ? axis.Name : CppNaming.Snake(axis.Name);

    private static object Variable(UserKernelAxis axis, UserKernelAxisValue value) => axis.Kind switch
    {
        UserKernelAxisKind.Integer when ulong.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var large) && large > long.MaxValue => large,
        UserKernelAxisKind.Integer => long.Parse(value.Text, CultureInfo.InvariantCulture),
        UserKernelAxisKind.Boolean => value.Text == "true",
        _ => value.Text,
    };

    private static ScriptObject Constant(UserKernelAxis axis, string type, string value) =>
        new() { { "name", CppNaming.Constant(axis.Name) }, { "type", type }, { "value", value } };
}
