namespace QuickReduce.Codegen;

/// <summary>Why a user's template cannot be used, and where in the file.</summary>
/// <param name="FilePath">The file.</param>
/// <param name="Line">Line of the place, from 0.</param>
/// <param name="Column">Column of the place, from 0.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="IsSyntax">Whether it can be said without rendering.</param>
public sealed record TemplateProblem(string FilePath, int Line, int Column, string Message, bool IsSyntax);

/// <summary>A user's template does not render.</summary>
public sealed class TemplateException(TemplateProblem problem) : Exception(problem.Message)
{
    /// <summary>What is wrong, and where.</summary>
    public TemplateProblem Problem { get; } = problem;
}
