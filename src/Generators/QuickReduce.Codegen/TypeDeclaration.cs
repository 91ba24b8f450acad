namespace QuickReduce.Codegen;

/// <summary>How another part of a partial type is declared.</summary>
/// <param name="Keyword">What stands between <c>partial</c> and the name: <c>class</c>, <c>record</c>, <c>struct</c>, <c>record struct</c> or <c>interface</c>.</param>
/// <param name="Identifier">Name of the type as C# spells it: a keyword has its <c>@</c>.</param>
public sealed record TypeDeclaration(string Keyword, string Identifier)
{
    /// <inheritdoc/>
    public override string ToString() => "partial " + Keyword + " " + Identifier;
}
