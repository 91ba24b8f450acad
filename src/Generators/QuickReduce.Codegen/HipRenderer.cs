using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>Renders a translation unit as HIP source: self-contained, freestanding text for every target.</summary>
public static class HipRenderer
{
    /// <summary>
    /// Version of the binary interface between generated libraries and the run time
    /// (<c>quickreduce_abi_version</c>): the arguments, the workspace and the names of the entry points.
    /// </summary>
    public const int AbiVersion = 3;

    // Stand in for the only two things in a text that do not follow from its variants.
    private const string NamePlaceholder = "\u0001name\u0001";
    private const string SourceIdPlaceholder = "\u0001source\u0001";

    private const int WordBytes = 4;

    private static readonly RenderedTexts<EquatableArray<KernelVariant>> Texts = new(most: 256); // of some 40 KB each

    /// <summary>The template of a unit.</summary>
    public const string UnitTemplate = "hip/unit.scriban";

    /// <summary>Renders a unit. Pure: the same unit always gives the same text.</summary>
    public static string Render(TranslationUnit unit) => Render(unit, TemplateOverlay.None, CancellationToken.None);

    /// <summary>Renders a unit with the user's templates in the place of some of ours.</summary>
    /// <exception cref="TemplateException">One of them does not parse or render.</exception>
    public static string Render(TranslationUnit unit, TemplateOverlay overlay, CancellationToken cancellationToken)
    {
        if (overlay != TemplateOverlay.None)
        {
            return RenderAnew(unit, overlay, cancellationToken);
        }

        var text = Texts.GetOrRender(
            unit.Variants,
            variants => RenderAnew(new(NamePlaceholder, variants, SourceIdPlaceholder), overlay, cancellationToken));
        return text.Replace(NamePlaceholder, unit.Name).Replace(SourceIdPlaceholder, unit.SourceId);
    }

    private static string RenderAnew(TranslationUnit unit, TemplateOverlay overlay, CancellationToken cancellationToken)
    {
        var wire = unit.Wire;
        var variants = unit.Variants.Select(VariantModel.Of).ToArray();
        var hasTwoShot = unit.Variants.Any(static v => v.Algorithm == AllReduceAlgorithm.TwoShot);
        var hasOneShot = unit.Variants.Any(static v => v.Algorithm == AllReduceAlgorithm.OneShot);
        var hasDirect = unit.Variants.Any(static v => v.Algorithm == AllReduceAlgorithm.Direct);
        var model = new ScriptObject
        {
            { "unit", unit.Name },
            { "source_id", unit.SourceId },
            { "abi_version", AbiVersion },
            { "version", typeof(HipRenderer).Assembly.GetName().Version!.ToString(3) },
            { "data_type", KernelVariant.NameOf(unit.Variants[0].DataType) },
            { "element_bytes", wire.BytesPerElement },
            { "elements_per_atom", wire.ElementsPerAtom },
            { "regime", KernelVariant.NameOf(wire.Regime) },
            { "quantized", wire.IsQuantized },
            { "bits_per_element", wire.BitsPerElement },
            { "block_size", wire.LanesPerRow },
            { "elements_per_row", wire.ElementsPerRow },
            { "max_slots", KernelGeometry.MaxSlots },
            { "epoch_offset", KernelGeometry.EpochOffset },
            { "flag_offset", KernelGeometry.FlagOffset },
            { "has_two_shot", hasTwoShot },
            { "has_one_shot", hasOneShot },
            { "has_direct", hasDirect },
            { "has_halves", hasOneShot && !wire.IsQuantized },
            { "has_word_pairs", (hasOneShot && !wire.IsQuantized) || (hasTwoShot && wire.PlaneWidths.Contains(2 * WordBytes)) },
            { "has_atoms", wire.IsQuantized || hasTwoShot || hasDirect },
            { "has_flags", hasTwoShot || hasDirect },
            { "narrows_sums", hasOneShot || !wire.IsQuantized },
            { "loads_rows_together", variants.Any(static v => v.LoadsRowsTogether) },
            { "stages_rows", variants.Any(static v => v.StagesRows) },
            { "keeps_own", variants.Any(static v => v.KeepsOwn) },
            { "keeps_loops", variants.Any(static v => v.KeepsLoops) },
            { "variants", new ScriptArray(variants.Select(static v => v.ToScript())) },
        };
        CodecModel.AddTo(model, wire);
        if (hasOneShot)
        {
            AddPackets(model, unit.Variants.First(static v => v.Algorithm == AllReduceAlgorithm.OneShot));
        }

        // What an address takes, too, when it is announced.
        model.Add("has_packet_pairs", hasDirect || (hasOneShot && model["words_per_lane"] is > 1));

        AddHost(model, new LaneShuffles(wire));
        return TemplateLibrary.Render(UnitTemplate, model, overlay, cancellationToken);
    }

    /// <summary>A row of packets: first, two words of each lane side by side as often as there are two, then the last one.</summary>
    private static void AddPackets(ScriptObject model, KernelVariant variant)
    {
        const int wordsPerStore = 2;
        var geometry = new KernelGeometry(variant);
        var words = geometry.WordsPerLane;
        model.Add("words_per_lane", words);
        model.Add("elements_per_lane", geometry.ElementsPerLane);
        model.Add("packet_planes", new ScriptArray(Enumerable.Range(0, (words + wordsPerStore - 1) / wordsPerStore).Select(plane => new ScriptObject
        {
            { "word", plane * wordsPerStore },
            { "packets", Math.Min(wordsPerStore, words - plane * wordsPerStore) },
            { "offset", geometry.PacketRowBytes / words * wordsPerStore * plane },
        })));
    }

    private static void AddHost(ScriptObject model, LaneShuffles shuffles)
    {
        model.Add("exchanges", new ScriptArray(shuffles.Distances.Select(static d => (object)d)));
        model.Add("peak_exchanges", new ScriptArray(shuffles.Distances.Where(d => d < shuffles.LanesPerGroup).Select(static d => (object)d)));
        model.Add("scale_exchanges", new ScriptArray(shuffles.Distances.Where(d => d >= shuffles.LanesPerGroup).Select(static d => (object)d)));
        var host = new ScriptObject
        {
            { "lanes", shuffles.Lanes },
            { "even", shuffles.Even },
            { "odd", shuffles.Odd },
            { "both", shuffles.Both },
            { "alternate", shuffles.Alternate },
            { "concatenation", shuffles.Concatenation },
            { "interleaving", shuffles.Interleaving },
            { "atoms", shuffles.Atoms },
            { "words", new ScriptArray(Enumerable.Range(0, 4).Select(shuffles.Word)) },
            { "exchanges", new ScriptArray(shuffles.Distances.Select(shuffles.Exchange)) },
        };
        if (shuffles.LanesPerGroup > 0)
        {
            host.Add("scale_of_lane", shuffles.ScaleOfLane);
            host.Add("scales", shuffles.Scales);
            host.Add("group_shifts", shuffles.GroupShifts);
        }

        model.Add("host", host);
    }
}
