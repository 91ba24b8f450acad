using CsCheck;

namespace QuickReduce.Generators.Tests.Support;

/// <summary>A kernel by the numbers on its axes; compared with what is generated.</summary>
internal readonly record struct RandomKernel(int DataType, int Regime, int WorldSize, int Algorithm, int GroupSize, int ScaleFormat, int BlockSize, int AtomsPerThread)
    : IComparable<RandomKernel>
{
    private (int, int, int, int, int, int, int, int) Order => (DataType, Regime, GroupSize, ScaleFormat, BlockSize, Algorithm, WorldSize, AtomsPerThread);

    public int CompareTo(RandomKernel other) => Order.CompareTo(other.Order);
}

/// <summary>A value on an axis: how it is spelled, and which number it stands for; none where it is not supported.</summary>
internal readonly record struct RandomValue(string Text, int? Number);

/// <summary>A random class that declares kernels, with what should come of it by a second, simpler reckoning.</summary>
internal sealed record RandomDeclaration(RandomAttribute[] Attributes, bool IsPartial)
{
    public static Gen<RandomDeclaration> Gen { get; } =
        from attributes in RandomAttribute.Gen.Array[1, 3]
        from refusal in CsCheck.Gen.Int[0, 5]
        select new RandomDeclaration(attributes, refusal != 0);

    /// <summary>What is declared and possible, whether or not the class can be generated for.</summary>
    public SortedSet<RandomKernel> Kernels => [.. Attributes.SelectMany(attribute => attribute.Combinations).Where(IsPossible)];

    /// <summary>Whether something must be reported.</summary>
    public bool IsWrong => !IsPartial || Attributes.Any(attribute => attribute.IsWrong || !attribute.Combinations.All(IsPossible));

    public string SourceOf(string name) =>
        string.Concat(Attributes.Select(attribute => "[" + attribute + "] ")) + "public " + (IsPartial ? "partial " : string.Empty) + "class " + name + ";";

    private static bool IsPossible(RandomKernel kernel) =>
        (kernel.DataType != 2 || kernel.Regime == 0) && (kernel.ScaleFormat == 0 || kernel.GroupSize <= 32) && (kernel.Algorithm != 2 || kernel.Regime == 0) && (kernel.Algorithm != 0 || kernel.AtomsPerThread >= kernel.WorldSize);
}

/// <summary>A random attribute: the values on each axis, null where the axis is left out.</summary>
internal sealed record RandomAttribute(bool IsSingle, RandomValue[]?[] Values, int Spelling)
{
    // The first values of an axis are picked most often: they are valid, so that there is something to generate.
    private static readonly (string Plural, string Singular, string Type, RandomValue[] Values, int[] Usual)[] Axes =
    [
        ("DataTypes", "dataType", "DataType",
            [new("DataType.Float16", 0), new("DataType.BFloat16", 1), new("DataType.Float32", 2), new("(DataType)1", 1), new("(DataType)3", null), new("(DataType)(-1)", null)],
            [0, 1]),
        ("Regimes", "regime", "QuantRegime",
            [new("QuantRegime.FP", 0), new("QuantRegime.Int4", 4), new("QuantRegime.Int2", 2), new("(QuantRegime)3", 3), new("(QuantRegime)1", null), new("(QuantRegime)int.MinValue", null)],
            [0, 8, 6, 4]),
        ("WorldSizes", "worldSize", "int",
            [new("2", 2), new("8", 8), new("3", 3), new("2 + 3", 5), new("0", null), new("9", null), new("-2", null), new("int.MaxValue", null)],
            [2, 4, 8]),
        ("Algorithms", "Algorithm", "AllReduceAlgorithm",
            [new("AllReduceAlgorithm.TwoShot", 0), new("AllReduceAlgorithm.OneShot", 1), new("AllReduceAlgorithm.Direct", 2), new("(AllReduceAlgorithm)3", null)],
            [0]),
        ("GroupSizes", "GroupSize", "int", [new("32", 32), new("16", 16), new("128", 128), new("0", null), new("24", null)], [32]),
        ("ScaleFormats", "ScaleFormat", "ScaleFormat", [new("ScaleFormat.BFloat16", 0), new("ScaleFormat.SharedExponent", 1), new("(ScaleFormat)2", null)], [0]),
        ("BlockSizes", "BlockSize", "int", [new("256", 256), new("1024", 1024), new("0", null)], [256]),
        ("AtomsPerThread", "AtomsPerThread", "int", [new("8", 8), new("0", 0), new("16", 16), new("1", 1), new("4", 4), new("3", null), new("128", null)], [0]),
    ];

    private const int ParametersOfSingle = 3;

    public static Gen<RandomAttribute> Gen { get; } =
        from isSingle in CsCheck.Gen.Bool
        from values in CsCheck.Gen.Select(
            GenValues(0, isSingle), GenValues(1, isSingle), GenValues(2, isSingle), GenValues(3, isSingle), GenValues(4, isSingle), GenValues(5, isSingle), GenValues(6, isSingle), GenValues(7, isSingle))
        from spelling in CsCheck.Gen.Int[0, 2]
        select new RandomAttribute(isSingle, [values.Item1, values.Item2, values.Item3, values.Item4, values.Item5, values.Item6, values.Item7, values.Item8], spelling);

    /// <summary>The combinations of supported values.</summary>
    public IEnumerable<RandomKernel> Combinations
    {
        get
        {
            var numbers = Values.Select((values, axis) => values?.Select(value => value.Number).OfType<int>().Distinct() ?? Axes[axis].Usual).ToArray();
            return from dataType in numbers[0]
                   from regime in numbers[1]
                   from worldSize in numbers[2]
                   from algorithm in numbers[3]
                   from groupSize in numbers[4]
                   from scaleFormat in numbers[5]
                   from blockSize in numbers[6]
                   from atoms in numbers[7]
                   select new RandomKernel(
                       dataType, regime, worldSize, algorithm, regime == 0 ? 0 : groupSize, regime == 0 ? 0 : scaleFormat, blockSize, atoms != 0 ? atoms : algorithm == 0 ? 8 : 1);
        }
    }

    /// <summary>Whether an axis is empty or has a value that is not supported.</summary>
    public bool IsWrong => Values.OfType<RandomValue[]>().Any(values => values.Length == 0 || values.Any(value => value.Number is null));

    public override string ToString()
    {
        var written = Values.Index().Where(axis => axis.Item is not null);
        return IsSingle
            ? "AllReduceKernel(" + string.Join(", ", written.Select(axis => (axis.Index < ParametersOfSingle ? string.Empty : Axes[axis.Index].Singular + " = ") + axis.Item![0].Text)) + ")"
            : "AllReduceKernels(" + string.Join(", ", written.Select(axis => Axes[axis.Index].Plural + " = " + Spell(Axes[axis.Index].Type, axis.Item!))) + ")";
    }

    private static Gen<RandomValue[]?> GenValues(int axis, bool isSingle)
    {
        var all = Axes[axis].Values;
        var one = CsCheck.Gen.Select(CsCheck.Gen.Int[0, 3], CsCheck.Gen.Int[0, all.Length - 1], CsCheck.Gen.Int[0, 1], (any, rare, usual) => all[any == 0 ? rare : usual]);
        return CsCheck.Gen.Select(CsCheck.Gen.Int[0, 2], one.Array[isSingle ? 1 : 0, isSingle ? 1 : 3], (isLeftOut, values) =>
            isLeftOut == 0 && !(isSingle && axis < ParametersOfSingle) ? null : values);
    }

    private string Spell(string type, RandomValue[] values)
    {
        var list = string.Join(", ", values.Select(value => value.Text));
        return (Spelling, values.Length) switch
        {
            (0, _) => "[" + list + "]",
            (1, > 0) => "new[] { " + list + " }",
            _ => "new " + type + "[] { " + list + " }",
        };
    }
}
