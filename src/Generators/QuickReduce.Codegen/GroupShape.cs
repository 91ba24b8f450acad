using System.Globalization;

namespace QuickReduce.Codegen;

/// <summary>One generated group type: ranks that all-reduce together.</summary>
/// <param name="TypeName">Name of the type, such as <c>Group</c> or <c>GroupOf4</c>.</param>
/// <param name="FactoryName">Name of the method that creates it, such as <c>CreateGroupOf4</c>.</param>
/// <param name="WorldSize">The only world size of the group, or <see langword="null"/> where the caller chooses it.</param>
/// <param name="RegimeEnums">The regime enumerations of the group.</param>
/// <param name="Elements">The declared data types, each with the enumeration of its regimes.</param>
public sealed record GroupShape(
    string TypeName,
    string FactoryName,
    int? WorldSize,
    IReadOnlyList<RegimeEnumShape> RegimeEnums,
    IReadOnlyList<ElementShape> Elements)
{
    private const string Prefix = "Group";
    private const string SharedEnumName = "Regime";

    /// <summary>Name of the method that joins one with a process per rank, such as <c>JoinOf4Async</c>.</summary>
    public string JoinName => "Join" + TypeName.Substring(Prefix.Length) + "Async";

    /// <summary>Name of the type of groups over device memory, such as <c>GpuGroup</c> or <c>GpuGroupOf4</c>.</summary>
    public string GpuTypeName => "Gpu" + TypeName;

    /// <summary>Name of the method that creates it, such as <c>CreateGpuGroupOf4</c>.</summary>
    public string GpuFactoryName => "Create" + GpuTypeName;

    /// <summary>Name of the method that joins one over device memory with a process per rank, such as <c>JoinGpuOf4Async</c>.</summary>
    public string GpuJoinName => "JoinGpu" + TypeName.Substring(Prefix.Length) + "Async";

    /// <summary>The group type of one world size of a set that is not uniform.</summary>
    internal static GroupShape Of(int worldSize, IEnumerable<KernelVariant> variants) =>
        Of("Of" + worldSize.ToString(CultureInfo.InvariantCulture), worldSize, variants.Where(v => v.WorldSize == worldSize));

    /// <summary>A group type for some variants: one enumeration where all data types have the same regimes, else one for each.</summary>
    internal static GroupShape Of(string suffix, int? worldSize, IEnumerable<KernelVariant> variants)
    {
        var formatsOf = variants
            .GroupBy(static v => v.DataType)
            .OrderBy(static g => g.Key)
            .Select(static g => (DataType: g.Key, Formats: g.Select(FormatShape.Of).Distinct().OrderBy(static f => f).ToArray()))
            .ToArray();
        var isShared = formatsOf.All(e => e.Formats.SequenceEqual(formatsOf[0].Formats));

        return new(
            Prefix + suffix,
            "Create" + Prefix + suffix,
            worldSize,
            isShared
                ? [new(SharedEnumName, null, formatsOf[0].Formats)]
                : [.. formatsOf.Select(static e => new RegimeEnumShape(e.DataType + SharedEnumName, e.DataType, e.Formats))],
            [.. formatsOf.Select(e => new ElementShape(
                e.DataType, isShared ? SharedEnumName : e.DataType + SharedEnumName, e.Formats.All(static f => f.IsUsual)))]);
    }
}

/// <summary>A generated enumeration of declared wire formats.</summary>
/// <param name="Name">Name of the enumeration, such as <c>Regime</c> or <c>BFloat16Regime</c>.</param>
/// <param name="DataType">The data type that it is for, or <see langword="null"/> where all share it.</param>
/// <param name="Formats">Its members, in order.</param>
public sealed record RegimeEnumShape(string Name, DataType? DataType, IReadOnlyList<FormatShape> Formats)
{
    /// <summary>Whether every member's value is that of its regime.</summary>
    public bool IsUsual => Formats.All(static format => format.IsUsual);
}

/// <summary>A data type for which a group has <c>AllReduce</c> overloads.</summary>
/// <param name="DataType">The data type.</param>
/// <param name="RegimeEnum">Name of the enumeration of its wire formats.</param>
/// <param name="IsUsual">Whether every member of the enumeration has the value of its regime.</param>
public sealed record ElementShape(DataType DataType, string RegimeEnum, bool IsUsual);
