using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.UserKernels;

/// <summary>The expression of a <c>[KernelLength]</c>: integer parameters and literals, four operators, parentheses.</summary>
internal static class LengthExpression
{
    /// <summary>Reads an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="method">The method whose parameters it may name.</param>
    /// <param name="csharp">The same to calculate in 64 bits, from parsed parts only; empty if something is wrong.</param>
    /// <returns>What is wrong; <see langword="null"/> if nothing is.</returns>
    public static string? Parse(string text, IMethodSymbol method, out string csharp)
    {
        var expression = SyntaxFactory.ParseExpression(text);
        csharp = string.Empty;
        if (text.Trim().Length == 0 || expression.ContainsDiagnostics || expression.FullSpan.Length != text.Length)
        {
            return "it is no expression";
        }

        string? problem = null;
        var result = Render(expression);
        csharp = problem is null ? result : string.Empty;
        return problem;

        string Render(ExpressionSyntax node)
        {
            switch (node)
            {
                case ParenthesizedExpressionSyntax inner:
                    return "(" + Render(inner.Expression) + ")";
                case BinaryExpressionSyntax binary when binary.Kind() is SyntaxKind.AddExpression or SyntaxKind.SubtractExpression or SyntaxKind.MultiplyExpression or SyntaxKind.DivideExpression:
                    if (binary.Kind() == SyntaxKind.DivideExpression && binary.Right is LiteralExpressionSyntax { Token.Value: 0 })
                    {
                        problem ??= "it divides by zero";
                    }

                    return Render(binary.Left) + " " + binary.OperatorToken.Text + " " + Render(binary.Right);
                case LiteralExpressionSyntax { Token.Value: int or long } literal:
                    return literal.Token.Text;
                case IdentifierNameSyntax identifier:
                    var name = identifier.Identifier.ValueText;
                    var parameter = method.Parameters.FirstOrDefault(p => p.Name == name);
                    if (parameter is null || ScalarType.Find(KernelSignature.NameOf(parameter.Type)) is not { IsInteger: true })
                    {
                        problem ??= "'" + name + "' is no integer parameter of the method";
                    }

                    return "(long)" + KernelSetDeclaration.Escape(name);
                default:
                    problem ??= "'" + node + "' is no parameter, integer, sum, difference, product, quotient or parenthesis";
                    return string.Empty;
            }
        }
    }
}
