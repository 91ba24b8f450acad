using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>Renders a translation unit as HIP source: self-contained, freestanding text for every target.</summary>
public static class HipRenderer
{
    /// <summary>Renders a unit. Pure: the same unit always gives the same text.</summary>
    public static string Render(TranslationUnit unit)
    {
        var model = new ScriptObject
        {
            { "unit", unit.Name },
            { "source_id", unit.SourceId },
        };
        return TemplateLibrary.Render("hip/two_shot_all_reduce.scriban", model);
    }
}
