namespace QuickReduce.Codegen;

/// <summary>A template of the user's own, as it stands in a file.</summary>
/// <param name="Name">By what it is asked for: the path of the partial that it overrides, or its path in the project.</param>
/// <param name="FilePath">The file, for diagnostics. No part of what is rendered or hashed.</param>
/// <param name="Text">The file's text, with <c>\n</c> line ends.</param>
/// <param name="IsOverride">Whether it stands in the place of a partial of ours.</param>
public sealed record TemplateText(string Name, string FilePath, string Text, bool IsOverride)
{
    /// <summary>Whether a name, as a template or an attribute gives it, means this template: its path, or the end of it.</summary>
    public bool IsNamed(string name) => Name == name || (!IsOverride && Name.EndsWith("/" + name, StringComparison.Ordinal));
}
