using System.Globalization;
using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>Renders a translation unit as HIP source: self-contained, freestanding text for every target.</summary>
public static class HipRenderer
{
    /// <summary>
    /// Version of the binary interface between generated libraries and the run time
    /// (<c>quickreduce_abi_version</c>): the arguments, the workspace and the names of the entry points.
    /// </summary>
    public const int AbiVersion = 1;

    private const uint CodeBase = 0x4B000000; // the bits of 2^23

    /// <summary>Renders a unit. Pure: the same unit always gives the same text.</summary>
    public static string Render(TranslationUnit unit)
    {
        var wire = unit.Wire;
        var model = new ScriptObject
        {
            { "unit", unit.Name },
            { "source_id", unit.SourceId },
            { "abi_version", AbiVersion },
            { "version", typeof(HipRenderer).Assembly.GetName().Version!.ToString(3) },
            { "data_type", KernelVariant.NameOf(unit.Variants[0].DataType) },
            { "regime", KernelVariant.NameOf(wire.Regime) },
            { "quantized", wire.IsQuantized },
            { "bits_per_element", wire.BitsPerElement },
            { "world_sizes", new ScriptArray(unit.Variants.Select(static v => (object)v.WorldSize)) },
            { "elements_per_row", wire.ElementsPerRow },
            { "row_bytes", wire.RowBytes },
            { "plane_widths", new ScriptArray(wire.PlaneWidths.Select(static w => (object)w)) },
            { "max_slots", KernelGeometry.MaxSlots },
            { "epoch_offset", KernelGeometry.EpochOffset },
            { "flag_offset", KernelGeometry.FlagOffset },
            { "variants", new ScriptArray(unit.Variants.Select(ModelOf)) },
        };
        if (wire.IsQuantized)
        {
            AddCodec(model, wire);
        }

        return TemplateLibrary.Render("hip/unit.scriban", model);
    }

    private static ScriptObject ModelOf(KernelVariant variant)
    {
        var geometry = new KernelGeometry(variant);
        return new ScriptObject
        {
            { "kernel_name", variant.KernelName },
            { "world_size", variant.WorldSize },
            { "rows_per_segment", geometry.RowsPerSegment },
            { "elements_per_tile", geometry.ElementsPerTile },
            { "segment_bytes", geometry.SegmentBytes },
            { "slot_bytes", geometry.SlotBytes },
            { "data_offset", geometry.DataOffset },
        };
    }

    private static void AddCodec(ScriptObject model, WireFormat wire)
    {
        var bits = wire.BitsPerCode;
        var codesPerWord = bits > 4 ? 4 : wire.ElementsPerAtom;
        var packedBase = Enumerable.Range(0, codesPerWord).Aggregate(0u, (sum, j) => unchecked(sum + (CodeBase << (bits * j))));
        model.Add("bits", bits);
        model.Add("planes", new ScriptArray(wire.PlaneWidths.Select((width, i) => new ScriptObject { { "width", width }, { "offset", wire.PlaneOffset(i) } })));
        model.Add("scale_offset", wire.ScaleOffset);
        model.Add("codes_per_word", codesPerWord);
        model.Add("packed_base", Hex(packedBase));
        model.Add("code_zero", (1 << 23) + (1 << (bits - 1)));
        model.Add("code_top", Hex(CodeBase + (1u << bits) - 1));
        model.Add("code_mask", Hex((1u << bits) - 1));
        model.Add("peak_floor", Hex((uint)bits << 23));
        model.Add("scale_step", Hex((uint)(bits - 1) << 23));
    }

    private static string Hex(uint value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture) + "u";
}
