using Microsoft.CodeAnalysis;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.Parsing;

/// <summary>The properties of attributes by which kernels get a budget.</summary>
internal static class DeclaredBudget
{
    /// <summary>Vector registers that the instruction set can address for one lane.</summary>
    public const int MostVgprs = 512;

    /// <summary>Waves that a SIMD of gfx90a, gfx942 and gfx950 has room for.</summary>
    public const int MostWaves = 8;

    private const string MaxVgprs = nameof(KernelBudget.MaxVgprs);
    private const string NoSpills = nameof(KernelBudget.NoSpills);
    private const string MinOccupancy = nameof(KernelBudget.MinOccupancy);

    /// <summary>Properties that are numbers, with the largest that makes sense.</summary>
    public static IReadOnlyList<(string Name, int Most)> Numbers { get; } = [(MaxVgprs, MostVgprs), (MinOccupancy, MostWaves)];

    /// <summary>The budget of an attribute. What makes no sense demands nothing; an analyzer reports it.</summary>
    public static KernelBudget Of(AttributeData attribute)
    {
        var budget = default(KernelBudget);
        foreach (var argument in attribute.NamedArguments)
        {
            budget = (argument.Key, ValueOf(argument.Value)) switch
            {
                (MaxVgprs, int number and > 0 and <= MostVgprs) => budget with { MaxVgprs = number },
                (NoSpills, bool isSet) => budget with { NoSpills = isSet },
                (MinOccupancy, int number and > 0 and <= MostWaves) => budget with { MinOccupancy = number },
                _ => budget,
            };
        }

        return budget;
    }

    /// <summary>A number or <see langword="bool"/>; <see langword="null"/> for anything else, and where the argument does not bind.</summary>
    public static object? ValueOf(TypedConstant constant) => constant.Kind == TypedConstantKind.Primitive ? constant.Value : null;
}
