using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace QuickReduce.Generators.Tests.Support;

/// <summary>Walks everything that is reachable from the values that a generator's steps keep.</summary>
internal static class ModelGraph
{
    public static void AssertHoldsNoCompilerObjects(GeneratorRunResult result)
    {
        var visited = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var name in GeneratorRun.StepNames)
        {
            if (result.TrackedSteps.TryGetValue(name, out var steps))
            {
                foreach (var output in steps.SelectMany(s => s.Outputs))
                {
                    Visit(output.Value, name, visited);
                }
            }
        }
    }

    private static void Visit(object? value, string path, HashSet<object> visited)
    {
        if (value is null || value is string || value.GetType().IsPrimitive || value.GetType().IsEnum || !visited.Add(value))
        {
            return;
        }

        Assert.False(
            value is Compilation or ISymbol or SyntaxNode or SyntaxTree or SemanticModel or Location or SourceText or AttributeData or SyntaxReference,
            $"{path} holds a {value.GetType()}.");

        if (value is IEnumerable items)
        {
            foreach (var item in items)
            {
                Visit(item, path + "[]", visited);
            }
        }

        for (var type = value.GetType(); type is not null; type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!field.FieldType.IsPointer)
                {
                    Visit(field.GetValue(value), path + "." + field.Name, visited);
                }
            }
        }
    }
}
