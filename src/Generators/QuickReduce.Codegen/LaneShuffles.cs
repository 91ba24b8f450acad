using System.Globalization;

namespace QuickReduce.Codegen;

/// <summary>
/// Index lists of the shuffles in a kernel for the host CPU, where an instruction stream carries several lanes: enough
/// for the neighbours that share a scale.
/// </summary>
internal sealed class LaneShuffles
{
    private const int WordsPerAtom = 4;
    private const int FewestLanes = 8;

    public LaneShuffles(WireFormat wire)
    {
        LanesPerGroup = wire.LanesPerGroup;
        LanesPerScaleField = wire.LanesPerGroup * wire.GroupsPerScaleField;
        Lanes = Math.Max(FewestLanes, LanesPerScaleField);
    }

    /// <summary>Lanes of an instruction stream.</summary>
    public int Lanes { get; }

    /// <summary>Lanes that hold a group; 0 in full precision.</summary>
    public int LanesPerGroup { get; }

    /// <summary>Lanes whose scales are encoded together; 0 in full precision.</summary>
    public int LanesPerScaleField { get; }

    /// <summary>
    /// The distances, in order, over which lanes exchange so that a whole group knows its peak, and all groups whose scales
    /// are encoded together the largest of these.
    /// </summary>
    public IEnumerable<int> Distances
    {
        get
        {
            for (var distance = 1; distance < LanesPerScaleField; distance *= 2)
            {
                yield return distance;
            }
        }
    }

    /// <summary>The first of every lane's pair.</summary>
    public string Even => List(Lanes, static i => 2 * i);

    /// <summary>The second of every lane's pair.</summary>
    public string Odd => List(Lanes, static i => 2 * i + 1);

    /// <summary>Every lane's value twice.</summary>
    public string Both => List(2 * Lanes, static i => i / 2);

    /// <summary>Pairs of two vectors of pairs: the first of the one, the second of the other.</summary>
    public string Alternate => List(2 * Lanes, i => i % 2 == 0 ? i : 2 * Lanes + i);

    /// <summary>All lanes of one vector, then all lanes of another.</summary>
    public string Concatenation => List(2 * Lanes, static i => i);

    /// <summary>Pairs of two vectors: a lane of the one, the same lane of the other.</summary>
    public string Interleaving => List(2 * Lanes, i => i / 2 + i % 2 * Lanes);

    /// <summary>Atoms, one after the other, of the concatenations of their first and of their last two words.</summary>
    public string Atoms => List(WordsPerAtom * Lanes, i => i / WordsPerAtom + i % WordsPerAtom * Lanes);

    /// <summary>The scale, of those of all groups, that each lane needs, as an initialiser.</summary>
    public string ScaleOfLane => string.Join(", ", Enumerable.Range(0, Lanes).Select(i => "s[" + Number(i / LanesPerGroup) + "]"));

    /// <summary>The scale of each group, from its first lane, as an initialiser.</summary>
    public string Scales => string.Join(", ", Enumerable.Range(0, Lanes / LanesPerGroup).Select(i => "(u16)(scale[" + Number(i * LanesPerGroup) + "] >> 16)"));

    /// <summary>Bits from the top of a field of four scales to that of each lane's group, as an initialiser.</summary>
    public string GroupShifts => string.Join(", ", Enumerable.Range(0, Lanes).Select(i => Number(i / LanesPerGroup % 4 * 6) + "u"));

    /// <summary>Each lane's neighbour at a distance that is a power of two.</summary>
    public string Exchange(int distance) => List(Lanes, i => i ^ distance);

    /// <summary>The same word of all atoms.</summary>
    public string Word(int word) => List(Lanes, i => WordsPerAtom * i + word);

    private static string List(int count, Func<int, int> index) =>
        string.Join(", ", Enumerable.Range(0, count).Select(i => Number(index(i))));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
