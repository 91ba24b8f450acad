using CsCheck;

namespace QuickReduce.Generators.Tests.Support;

/// <summary>A kernel by the numbers on its axes; compared with what is generated.</summary>
internal readonly record struct RandomKernel(int DataType, int Regime, int WorldSize, int Algorithm, int GroupSize, int BlockSize, int AtomsPerThread)
    : IComparable<RandomKernel>
{
    public int CompareTo(RandomKernel other) => Key.CompareTo(other.Key);

    private (int, int, int, int, int, int, int) Key => (DataType, Regime, GroupSize, BlockSize, Algorithm, WorldSize, AtomsPerThread);
}

/// <summary>A random class that declares kernels, with what should come of it by a second, simpler reckoning.</summary>
internal sealed record RandomDeclaration(RandomDeclaration.Attribute[] Attributes, bool IsPartial)
{
    private static readonly (string Plural, string Singular, string Type, string[] Values, string[] Usual)[] Axes =
    [
        ("DataTypes", "", "DataType", ["DataType.Float16", "DataType.BFloat16", "DataType.Float32", "(DataType)1", "(DataType)3", "(DataType)(-1)"], ["DataType.Float16", "DataType.BFloat16"]),
        ("Regimes", "", "QuantRegime", ["QuantRegime.FP", "QuantRegime.Int4", "QuantRegime.Int2", "QuantRegime.Int7", "(QuantRegime)3", "(QuantRegime)1", "(QuantRegime)int.MinValue"], ["QuantRegime.FP", "QuantRegime.Int8", "QuantRegime.Int6", "QuantRegime.Int4"]),
        ("WorldSizes", "", "int", ["2", "8", "3", "5", "0", "9", "-2", "int.MaxValue"], ["2", "4", "8"]),
        ("Algorithms", "Algorithm", "AllReduceAlgorithm", ["AllReduceAlgorithm.TwoShot", "AllReduceAlgorithm.OneShot", "(AllReduceAlgorithm)1", "(AllReduceAlgorithm)2"], ["AllReduceAlgorithm.TwoShot"]),
        ("GroupSizes", "GroupSize", "int", ["32", "16", "128", "0", "24", "256"], ["32"]),
        ("BlockSizes", "BlockSize", "int", ["256", "1024", "128", "0", "255"], ["256"]),
        ("AtomsPerThread", "AtomsPerThread", "int", ["8", "16", "0", "1", "4", "3", "128"], ["0"]),
    ];

    // Mostly the first values, which are valid, so that there is something to generate.
    private static readonly Gen<Attribute> GenAttribute =
        from isSingle in Gen.Bool
        from axes in Gen.Select(Gen.Int[0, 3], Gen.Select(Gen.Int[0, 7], Gen.Int[0, 1], Gen.Int[0, 3], (any, usual, choice) => choice == 0 ? any : usual).Array[0, 3], Gen.Int[0, 2]).Array[Axes.Length]
        select new Attribute(isSingle, [.. axes.Select((axis, i) => ValuesOf(i, isSingle, axis.Item1 == 0 && axis.Item2.Length > 0 || (isSingle ? i < 3 : i < 3 && axis.Item1 < 2), axis.Item2))], axes[0].Item3);

    public static Gen<RandomDeclaration> Gen { get; } =
        from attributes in GenAttribute.Array[1, 3]
        from refusal in CsCheck.Gen.Int[0, 5]
        select new RandomDeclaration(attributes, refusal != 0);

    /// <summary>What is declared and possible, whether or not the class can be generated for.</summary>
    public SortedSet<RandomKernel> Kernels => [.. Attributes.SelectMany(attribute => attribute.Combinations).Where(IsPossible)];

    /// <summary>Whether something must be reported.</summary>
    public bool IsWrong => !IsPartial || Attributes.Any(attribute =>
        attribute.Values.Index().Any(axis => axis.Item is { } values && (values.Length == 0 || values.Any(value => NumberOf(axis.Index, value) is null)))
        || attribute.Combinations.Any(kernel => !IsPossible(kernel)));

    public string SourceOf(string name) =>
        string.Concat(Attributes.Select(attribute => "[" + attribute + "] ")) + "public " + (IsPartial ? "partial " : string.Empty) + "class " + name + ";";

    private static bool IsPossible(RandomKernel kernel) =>
        (kernel.DataType != 2 || kernel.Regime == 0) && (kernel.Algorithm == 1 || kernel.AtomsPerThread >= kernel.WorldSize);

    private static string[]? ValuesOf(int axis, bool isSingle, bool isWritten, int[] picks)
    {
        string One(int pick) => Axes[axis].Values[pick % Axes[axis].Values.Length];
        return !isWritten ? null : isSingle ? [One(picks.Length > 0 ? picks[0] : 0)] : [.. picks.Select(One)];
    }

    /// <summary>The number that a value stands for; <see langword="null"/> for one that is not supported.</summary>
    private static int? NumberOf(int axis, string value)
    {
        var number = value switch
        {
            "int.MaxValue" => int.MaxValue,
            "DataType.Float16" => 0,
            "DataType.BFloat16" => 1,
            "DataType.Float32" => 2,
            "AllReduceAlgorithm.TwoShot" => 0,
            "AllReduceAlgorithm.OneShot" => 1,
            "QuantRegime.FP" => 0,
            ['Q', .., var digit] => digit - '0',
            _ when value.EndsWith("MinValue", StringComparison.Ordinal) || value.EndsWith(')') && value.StartsWith('(') && value.Contains("int.", StringComparison.Ordinal) => int.MinValue,
            ['(', ..] => int.Parse(value[(value.IndexOf(')', StringComparison.Ordinal) + 1)..].Trim('(', ')'), System.Globalization.CultureInfo.InvariantCulture),
            _ => int.Parse(value, System.Globalization.CultureInfo.InvariantCulture),
        };
        int[] supported = axis switch
        {
            0 => [0, 1, 2],
            1 => [0, 2, 3, 4, 5, 6, 7, 8],
            2 => [2, 3, 4, 5, 6, 7, 8],
            3 => [0, 1],
            4 => [16, 32, 64, 128],
            5 => [128, 256, 512, 1024],
            _ => [0, 1, 2, 4, 8, 16, 32, 64],
        };
        return supported.Contains(number) ? number : null;
    }

    /// <summary>An attribute: the values on each axis as they are spelled, null where the axis is left out.</summary>
    internal sealed record Attribute(bool IsSingle, string[]?[] Values, int Spelling)
    {
        public IEnumerable<RandomKernel> Combinations
        {
            get
            {
                var numbers = Values.Select((values, axis) => (values ?? Axes[axis].Usual).Select(value => NumberOf(axis, value)).OfType<int>().Distinct().ToArray()).ToArray();
                return from dataType in numbers[0]
                       from regime in numbers[1]
                       from worldSize in numbers[2]
                       from algorithm in numbers[3]
                       from groupSize in numbers[4]
                       from blockSize in numbers[5]
                       from atoms in numbers[6]
                       select new RandomKernel(
                           dataType, regime, worldSize, algorithm, regime == 0 ? 0 : groupSize, blockSize, atoms != 0 ? atoms : algorithm == 1 ? 1 : 8);
            }
        }

        public override string ToString()
        {
            var written = Values.Index().Where(axis => axis.Item is not null);
            return IsSingle
                ? "AllReduceKernel(" + string.Join(", ", written.Select(axis => axis.Index < 3 ? axis.Item![0] : Axes[axis.Index].Singular + " = " + axis.Item![0])) + ")"
                : "AllReduceKernels(" + string.Join(", ", written.Select(axis => Axes[axis.Index].Plural + " = " + Spell(Axes[axis.Index].Type, axis.Item!))) + ")";
        }

        private string Spell(string type, string[] values) => (Spelling, values.Length) switch
        {
            (0, _) => "[" + string.Join(", ", values) + "]",
            (1, > 0) => "new[] { " + string.Join(", ", values) + " }",
            _ => "new " + type + "[] { " + string.Join(", ", values) + " }",
        };
    }
}
