namespace QuickReduce.Policy;

/// <summary>The values that a setting can have, by name. Names are compared without regard to case.</summary>
/// <typeparam name="T">The values' type.</typeparam>
/// <param name="what">What is named, for messages: <c>regime</c>.</param>
/// <param name="names">Every name and its value; a value's first name is the one to write.</param>
internal sealed class KnownNames<T>(string what, IReadOnlyList<(string Name, T Value)> names)
    where T : struct
{
    /// <summary>The names, in order.</summary>
    public IEnumerable<string> All => names.Select(static entry => entry.Name);

    /// <summary>The value of a name.</summary>
    public bool TryParse(string text, out T value)
    {
        foreach (var (name, named) in names)
        {
            if (string.Equals(name, text.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                value = named;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The name of a value.</summary>
    public string NameOf(T value) => names.First(entry => entry.Value.Equals(value)).Name;

    /// <summary>Why a text is no name: what there is, and what is nearest.</summary>
    public string Refusal(string text)
    {
        var nearest = All.MinBy(name => EditDistance(name.ToUpperInvariant(), text.Trim().ToUpperInvariant()))!;
        return "'" + text + "' is no " + what + ": there are " + string.Join(", ", All) + ". The nearest is " + nearest + ".";
    }

    /// <summary>Insertions, deletions and replacements of a character that lead from one text to another (Levenshtein).</summary>
    private static int EditDistance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        foreach (var character in from)
        {
            var diagonal = row[0]++;
            for (var column = 1; column < row.Length; column++)
            {
                var replaced = diagonal + (character == to[column - 1] ? 0 : 1);
                diagonal = row[column];
                row[column] = int.Min(replaced, 1 + int.Min(diagonal, row[column - 1]));
            }
        }

        return row[^1];
    }
}

/// <summary>Names of the axes of a variant, as in kernels and files.</summary>
internal static class VariantNames
{
    /// <summary><c>float16</c>, <c>bfloat16</c>, <c>float32</c>.</summary>
    public static KnownNames<DataType> DataTypes { get; } =
        new("data type", [.. SpecializationRules.DataTypes.Select(static type => (KernelVariant.NameOf(type), type))]);

    /// <summary><c>fp</c>, <c>int2</c> … <c>int8</c>.</summary>
    public static KnownNames<QuantRegime> Regimes { get; } =
        new("regime", [.. SpecializationRules.Regimes.Select(static regime => (KernelVariant.NameOf(regime), regime))]);

    /// <summary><c>bfloat16</c>, <c>shared_exponent</c>.</summary>
    public static KnownNames<ScaleFormat> ScaleFormats { get; } =
        new("scale format", [.. SpecializationRules.ScaleFormats.Select(static format => (KernelVariant.NameOf(format), format))]);

    /// <summary><c>two_shot</c>, <c>one_shot</c>, <c>direct</c>.</summary>
    public static KnownNames<AllReduceAlgorithm> Algorithms { get; } =
        new("algorithm", [.. SpecializationRules.Algorithms.Select(static algorithm => (KernelVariant.NameOf(algorithm), algorithm))]);
}
