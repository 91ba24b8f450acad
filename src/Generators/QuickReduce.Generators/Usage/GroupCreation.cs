using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.Usage;

/// <summary>A call that creates a group: a generated factory method, or <c>AllReduceGroup.Create</c> with a set's kernels.</summary>
/// <param name="Set">The kernel set.</param>
/// <param name="WorldSize">Number of ranks where it is constant.</param>
/// <param name="WorldSizeArgument">Where it is given; <see langword="null"/> where the method's name says it.</param>
/// <param name="Options">The values that an object creation in the call gives to options, by name.</param>
internal sealed record GroupCreation(
    UsedKernelSet Set,
    int? WorldSize,
    IOperation? WorldSizeArgument,
    IReadOnlyDictionary<string, IOperation> Options)
{
    private static readonly IReadOnlyDictionary<string, IOperation> NoOptions = new Dictionary<string, IOperation>();

    /// <summary>The variants that the group may run.</summary>
    public IEnumerable<KernelVariant> Variants => Set.Variants.Where(variant => WorldSize is null || variant.WorldSize == WorldSize);

    /// <summary>Reads a call; <see langword="null"/> if it creates no group, or one of a set that cannot be told.</summary>
    public static GroupCreation? TryRead(IInvocationOperation call, KernelSets sets)
    {
        var method = call.TargetMethod;
        if (!method.IsStatic)
        {
            return null;
        }

        if (method.Name == "Create" && sets.IsPlainGroup(method.ContainingType))
        {
            return ArgumentOf(call, "kernels") is IPropertyReferenceOperation kernels && sets.OwnerOfKernels(kernels.Property) is { } set
                ? Of(call, set, ArgumentOf(call, "worldSize"))
                : null;
        }

        if (!method.Name.StartsWith("CreateGroup", StringComparison.Ordinal) || sets.OwnerOf(method) is not { } owner)
        {
            return null;
        }

        return owner.Shape.Groups.FirstOrDefault(group => group.FactoryName == method.Name) is { } shape
            ? Of(call, owner, ArgumentOf(call, "worldSize")) with { WorldSize = shape.WorldSize ?? ConstantOf(ArgumentOf(call, "worldSize")) }
            : null;
    }

    /// <summary>The value of a constant that fits an <see cref="int"/>, whatever it is converted to.</summary>
    public static int? ConstantOf(IOperation? operation) => LongConstantOf(operation) is { } value and >= int.MinValue and <= int.MaxValue ? (int)value : null;

    /// <summary>The value of an integer or enumeration constant, whatever it is converted to.</summary>
    public static long? LongConstantOf(IOperation? operation)
    {
        while (operation is IConversionOperation { ConstantValue.HasValue: false } conversion)
        {
            operation = conversion.Operand;
        }

        return operation?.ConstantValue is { HasValue: true, Value: int or long or short or byte or sbyte or ushort or uint } constant
            ? Convert.ToInt64(constant.Value, System.Globalization.CultureInfo.InvariantCulture)
            : null;
    }

    private static GroupCreation Of(IInvocationOperation call, UsedKernelSet set, IOperation? worldSize) =>
        new(set, ConstantOf(worldSize), worldSize, OptionsOf(ArgumentOf(call, "options")));

    private static IOperation? ArgumentOf(IInvocationOperation call, string parameter)
    {
        foreach (var argument in call.Arguments)
        {
            if (argument.Parameter?.Name == parameter && argument.ArgumentKind == ArgumentKind.Explicit)
            {
                return argument.Value;
            }
        }

        return null;
    }

    private static IReadOnlyDictionary<string, IOperation> OptionsOf(IOperation? argument)
    {
        while (argument is IConversionOperation conversion)
        {
            argument = conversion.Operand;
        }

        if (argument is not IObjectCreationOperation { Initializer: { } initializer })
        {
            return NoOptions;
        }

        var options = new Dictionary<string, IOperation>(StringComparer.Ordinal);
        foreach (var assignment in initializer.Initializers.OfType<ISimpleAssignmentOperation>())
        {
            if (assignment.Target is IPropertyReferenceOperation property)
            {
                options[property.Property.Name] = assignment.Value;
            }
        }

        return options;
    }
}
