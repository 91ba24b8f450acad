using System.Globalization;

namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>What a rank's process is told: the cases, one after the other, and whom they happen to.</summary>
public sealed record FaultSettings
{
    /// <summary>The cases.</summary>
    public required IReadOnlyList<FaultCase> Cases { get; init; }

    /// <summary>Index of the first case in which this process takes part.</summary>
    public int First { get; init; }

    /// <summary>The rank that it happens to.</summary>
    public int Culprit { get; init; } = 1;

    /// <summary>How long ranks wait for one that does not call.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long ranks wait for one that does not join.</summary>
    public TimeSpan JoinLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How much later than the limit the others may get their exception. Of the judge, and not of the ranks.</summary>
    public TimeSpan Slack { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How late a late rank is.</summary>
    public TimeSpan Lateness { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Where the kernels' code is; null for the program's own directory.</summary>
    public string? CodeDirectory { get; init; }

    /// <summary>Reads what <see cref="ToArguments"/> gives.</summary>
    public static FaultSettings Parse(IEnumerable<string> arguments)
    {
        var values = arguments.Select(static argument => argument.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);
        return new FaultSettings
        {
            Cases = [.. values["cases"].Split(',').Select(FaultCase.Parse)],
            First = int.Parse(values["first"], CultureInfo.InvariantCulture),
            Culprit = int.Parse(values["culprit"], CultureInfo.InvariantCulture),
            Limit = Milliseconds("limit"),
            JoinLimit = Milliseconds("join"),
            Lateness = Milliseconds("late"),
            CodeDirectory = values["code"] is { Length: > 0 } code ? code : null,
        };

        TimeSpan Milliseconds(string name) => TimeSpan.FromMilliseconds(int.Parse(values[name], CultureInfo.InvariantCulture));
    }

    /// <summary>The settings as a program's arguments.</summary>
    public string[] ToArguments() =>
    [
        "cases=" + string.Join(',', Cases), "first=" + First, "culprit=" + Culprit, "limit=" + (int)Limit.TotalMilliseconds,
        "join=" + (int)JoinLimit.TotalMilliseconds, "late=" + (int)Lateness.TotalMilliseconds, "code=" + CodeDirectory,
    ];
}
