namespace QuickReduce.Codegen;

/// <summary>
/// Which types and members a kernel set's bindings consist of, so that exactly the declared combinations can be named
/// in code. The renderer writes what this decides, and analyzers check the names against the user's own.
/// </summary>
public sealed class BindingsShape
{
    private static readonly string[] WorldSizeNames = ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight"];

    private BindingsShape(IReadOnlyList<int> worldSizes, IReadOnlyList<GroupShape> groups, bool isUniform)
    {
        WorldSizes = worldSizes;
        Groups = groups;
        IsUniform = isUniform;
    }

    /// <summary>Every name that a member of any set's bindings can have.</summary>
    public static ISet<string> PossibleMemberNames { get; } = new HashSet<string>(
        new[] { "Kernels", "Regime", "WorldSize", "Rank", "Communicator", "ModeOf", "Group", "CreateGroup", "JoinAsync", "GpuGroup", "CreateGpuGroup", "JoinGpuAsync" }
            .Concat(SpecializationRules.WorldSizes.SelectMany(static w => new[] { "GroupOf" + w, "CreateGroupOf" + w, "JoinOf" + w + "Async", "GpuGroupOf" + w, "CreateGpuGroupOf" + w, "JoinGpuOf" + w + "Async" })),
        StringComparer.Ordinal);

    /// <summary>
    /// Whether the set is a full cross product of what calls name: data types, wire formats and world sizes. Then one
    /// group type with one enumeration of regimes and one of world sizes is exact; otherwise each world size has a group
    /// type of its own.
    /// </summary>
    public bool IsUniform { get; }

    /// <summary>The declared world sizes, ascending.</summary>
    public IReadOnlyList<int> WorldSizes { get; }

    /// <summary>One group type, or in a set that is not uniform one for each world size.</summary>
    public IReadOnlyList<GroupShape> Groups { get; }

    /// <summary>Names of the members that are added to the user's class.</summary>
    public IReadOnlyList<string> MemberNames
    {
        get
        {
            var names = new List<string> { "Kernels" };
            if (IsUniform)
            {
                names.AddRange(["Regime", "WorldSize", "Rank", "Communicator"]);
                if (!Groups[0].RegimeEnums[0].IsUsual)
                {
                    names.Add("ModeOf");
                }
            }

            foreach (var group in Groups)
            {
                names.Add(group.TypeName);
                names.Add(group.FactoryName);
                names.Add(group.JoinName);
                names.Add(group.GpuTypeName);
                names.Add(group.GpuFactoryName);
                names.Add(group.GpuJoinName);
            }

            return names;
        }
    }

    /// <summary>Name of a member of the enumeration of world sizes: <c>Two</c> … <c>Eight</c>.</summary>
    public static string NameOfWorldSize(int worldSize) => WorldSizeNames[worldSize - SpecializationRules.WorldSizes[0]];

    /// <summary>Decides the shape of the bindings of some variants.</summary>
    /// <param name="variants">Distinct variants; at least one.</param>
    public static BindingsShape Of(IReadOnlyCollection<KernelVariant> variants)
    {
        var worldSizes = variants.Select(static v => v.WorldSize).Distinct().OrderBy(static w => w).ToArray();
        var dataTypeCount = variants.Select(static v => v.DataType).Distinct().Count();
        var formatCount = variants.Select(FormatShape.Of).Distinct().Count();
        var callCount = variants.Select(static v => (v.DataType, FormatShape.Of(v), v.WorldSize)).Distinct().Count();
        return callCount == dataTypeCount * formatCount * worldSizes.Length
            ? new(worldSizes, [GroupShape.Of(string.Empty, null, variants)], isUniform: true)
            : new(worldSizes, [.. worldSizes.Select(w => GroupShape.Of(w, variants))], isUniform: false);
    }
}
