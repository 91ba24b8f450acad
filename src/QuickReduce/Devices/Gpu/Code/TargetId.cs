namespace QuickReduce.Devices.Gpu.Code;

/// <summary>
/// What AMD code is compiled for, or what a device is: a processor and the state of its features. Of code, a feature that
/// is not named may be either; of a device, one that is not named does not exist.
/// </summary>
/// <param name="Processor"><c>gfx942</c>, or the generic one of a family, <c>gfx9-4-generic</c>.</param>
/// <param name="SramEcc">Whether memory on the chip corrects errors; null where it is not said.</param>
/// <param name="Xnack">Whether page faults are retried; null where it is not said.</param>
/// <remarks>Source: "Target ID" and "Code object compatibility" in LLVM's user guide for the AMDGPU backend.</remarks>
internal sealed record TargetId(string Processor, bool? SramEcc, bool? Xnack)
{
    /// <summary>The generic processor that has the instructions common to gfx940 to gfx942 and gfx950.</summary>
    private const string GenericGfx94 = "gfx9-4-generic";

    /// <summary>How many features are named: of code that runs, what names more may be faster.</summary>
    public int Features => (SramEcc is null ? 0 : 1) + (Xnack is null ? 0 : 1);

    /// <summary>Whether it stands for a family of processors.</summary>
    public bool IsGeneric => Processor.EndsWith("-generic", StringComparison.Ordinal);

    /// <summary>The generic processor whose code a processor runs; null where there is none.</summary>
    public static string? GenericOf(string processor) =>
        processor is "gfx940" or "gfx941" or "gfx942" or "gfx950" ? GenericGfx94 : null;

    /// <summary>Reads <c>gfx942:sramecc+:xnack-</c>; the order of the features does not matter. Null for anything else.</summary>
    public static TargetId? Parse(string text)
    {
        var parts = text.Split(':');
        if (!parts[0].StartsWith("gfx", StringComparison.Ordinal) || parts[0].Length < "gfx900".Length)
        {
            return null;
        }

        var target = new TargetId(parts[0], null, null);
        foreach (var feature in parts.AsSpan(1))
        {
            if (feature.Length < 2 || feature[^1] is not ('+' or '-'))
            {
                return null;
            }

            var isOn = feature[^1] == '+';
            switch (feature[..^1])
            {
                case "sramecc" when target.SramEcc is null:
                    target = target with { SramEcc = isOn };
                    break;
                case "xnack" when target.Xnack is null:
                    target = target with { Xnack = isOn };
                    break;
                default:
                    return null;
            }
        }

        return target;
    }

    /// <summary>Whether code for this runs on a device: its processor, or the generic one of its family, and every feature that is named as it is there.</summary>
    public bool RunsOn(TargetId device) =>
        (Processor == device.Processor || Processor == GenericOf(device.Processor))
        && (SramEcc is null || SramEcc == device.SramEcc)
        && (Xnack is null || Xnack == device.Xnack);

    /// <inheritdoc/>
    public override string ToString() => Processor + Feature(":sramecc", SramEcc) + Feature(":xnack", Xnack);

    private static string Feature(string name, bool? isOn) => isOn is null ? string.Empty : name + (isOn == true ? "+" : "-");
}
