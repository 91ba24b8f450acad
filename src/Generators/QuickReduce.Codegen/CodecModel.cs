using System.Globalization;
using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>What the template of a codec sees: the bytes of a row, and for integer codes the constants of their arithmetic.</summary>
internal static class CodecModel
{
    private const int WordBytes = 4;
    private const uint CodeBase = 0x4B000000; // the bits of 2^23
    private const uint SharedScaleUnit = 1 << 19; // of the bits of a scale that has four bits of mantissa

    public static void AddTo(ScriptObject model, WireFormat wire)
    {
        model.Add("row_bytes", wire.RowBytes);
        model.Add("shares_exponents", wire.ScaleFormat == ScaleFormat.SharedExponent);
        model.Add("plane_widths", new ScriptArray(wire.PlaneWidths.Select(static w => (object)w)));
        if (wire.IsQuantized)
        {
            AddIntegerCodes(model, wire);
        }
    }

    private static void AddIntegerCodes(ScriptObject model, WireFormat wire)
    {
        var bits = wire.BitsPerCode;
        var codesPerPack = bits > WordBytes ? WordBytes : wire.ElementsPerAtom; // as many as a word has room for, a power of two
        var packedBase = Enumerable.Range(0, codesPerPack).Aggregate(0u, (sum, j) => unchecked(sum + (CodeBase << (bits * j))));
        model.Add("bits", bits);
        model.Add("group_size", wire.GroupSize);
        model.Add("lanes_per_group", wire.LanesPerGroup);
        model.Add("planes", new ScriptArray(Planes(wire)));
        model.Add("scale_offset", wire.ScaleOffset);
        model.Add("scale_field_bytes", wire.ScaleFieldBytes);
        model.Add("lanes_per_scale_field", wire.LanesPerGroup * wire.GroupsPerScaleField);
        model.Add("code_words", (bits + WordBytes - 1) / WordBytes); // a lane's codes have as many bytes as a code has bits
        model.Add("codes_per_pack", codesPerPack);
        model.Add("packed_base", Hex(packedBase));
        model.Add("code_zero", (1 << 23) + (1 << (bits - 1)));
        model.Add("code_top", Hex(CodeBase + (1u << bits) - 1));
        var pairs = CodePairs(bits).ToArray();
        model.Add("code_pairs", new ScriptArray(pairs));
        model.Add("half_pairs", new ScriptArray(HalfPairs(bits)));
        model.Add("alternates_shifts", pairs.Any(static pair => pair["shift"] is string shift && shift.Contains("alternate")));
        model.Add("peak_floor", Hex((uint)(wire.ScaleFormat == ScaleFormat.SharedExponent ? bits + 1 : bits) << 23));
        model.Add("scale_round", Hex(SharedScaleUnit - (SharedScaleUnit >> Math.Max(1, bits - 3))));
        model.Add("scale_rounds_to_nearest", bits <= 4);
        model.Add("scale_step", Hex((uint)(bits - 1) << 23));
    }

    /// <summary>The planes of a row, each with the place of its piece in a lane's string of codes.</summary>
    private static IEnumerable<ScriptObject> Planes(WireFormat wire)
    {
        var start = 0;
        for (var plane = 0; plane < wire.PlaneWidths.Count; start += wire.PlaneWidths[plane++])
        {
            yield return new ScriptObject
            {
                { "width", wire.PlaneWidths[plane] },
                { "offset", wire.PlaneOffset(plane) },
                { "word", start / WordBytes },
                { "shift", start % WordBytes * 8 },
            };
        }
    }

    /// <summary>How the codes of a lane are picked out of its words as floats, pair by pair of elements.</summary>
    private static IEnumerable<ScriptObject> CodePairs(int bits)
    {
        var codesPerWord = bits > WordBytes ? WordBytes : 2 * WordBytes;
        for (var element = 0; element < 2 * WordBytes; element += 2)
        {
            var even = new CodePlace(bits, element % codesPerWord);
            var odd = new CodePlace(bits, element % codesPerWord + 1);
            yield return new ScriptObject
            {
                { "word", element < codesPerWord ? "first" : "second" },
                { "shift", ShiftOf(even.Shift, odd.Shift) },
                { "even_mask", Hex(even.Mask) },
                { "even_base", Hex(even.Base) },
                { "even_zero", even.Zero },
                { "odd_mask", Hex(odd.Mask) },
                { "odd_base", Hex(odd.Base) },
                { "odd_zero", odd.Zero },
            };
        }
    }

    /// <summary>How the codes of a lane are picked out of its words as halves, pair by pair of elements.</summary>
    private static IEnumerable<ScriptObject> HalfPairs(int bits)
    {
        var codesPerWord = bits > WordBytes ? WordBytes : 2 * WordBytes;
        for (var element = 0; element < 2 * WordBytes; element += 2)
        {
            var pair = new ScriptObject();
            foreach (var (name, place) in new[] { ("even", new HalfPlace(bits, element % codesPerWord)), ("odd", new HalfPlace(bits, element % codesPerWord + 1)) })
            {
                pair.Add(name + "_word", (element < codesPerWord ? "first" : "second") + (place.Shift == 0 ? string.Empty : " >> " + place.Shift));
                pair.Add(name + "_mask", Hex(place.Mask));
                pair.Add(name + "_is_upper", place.IsUpper ? "true" : "false");
                pair.Add(name + "_factor", place.Factor.ToString(CultureInfo.InvariantCulture) + ".0f");
            }

            yield return pair;
        }
    }

    /// <summary>A pair's shift, which never is to the left for one element and to the right for the other.</summary>
    private static string ShiftOf(int even, int odd) => (even, odd) switch
    {
        (0, 0) => string.Empty,
        ( >= 0, >= 0) => " << " + (even == odd ? even : "alternate(" + even + "u, " + odd + "u)"),
        _ => " >> " + (even == odd ? -even : "alternate(" + -even + "u, " + -odd + "u)"),
    };

    private static string Hex(uint value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture) + "u";
}
