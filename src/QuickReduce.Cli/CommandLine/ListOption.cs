using System.CommandLine;
using System.CommandLine.Parsing;

namespace QuickReduce.Cli.CommandLine;

/// <summary>A value that an option takes, and the names for it; the first is the one that is shown.</summary>
internal sealed record ListValue<T>(T Value, params string[] Names);

/// <summary>Options that take several of the values of a list: with commas between them, or with spaces.</summary>
internal static class ListOption
{
    /// <summary>Creates such an option. What is on no list is an error that names the nearest value and all of them.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">Begins its help; the values follow.</param>
    /// <param name="values">All values.</param>
    /// <param name="usual">How the help names the values that are taken without the option.</param>
    public static Option<T[]> Create<T>(string name, string description, IReadOnlyList<ListValue<T>> values, string usual)
    {
        var names = string.Join(", ", values.Select(static value => value.Names[0]));
        var option = new Option<T[]>(name)
        {
            Description = $"{description}: {names}; by default {usual}.",
            AllowMultipleArgumentsPerToken = true,
            HelpName = "list",
            CustomParser = result => Parse(result, name, values, names),
        };
        option.CompletionSources.Add([.. values.Select(static value => value.Names[0])]);
        return option;
    }

    private static T[] Parse<T>(ArgumentResult result, string option, IReadOnlyList<ListValue<T>> values, string names)
    {
        var chosen = new List<T>();
        foreach (var text in result.Tokens.SelectMany(static token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (values.FirstOrDefault(value => value.Names.Contains(text, StringComparer.OrdinalIgnoreCase)) is { } known)
            {
                chosen.Add(known.Value);
                continue;
            }

            var nearest = Spelling.Nearest(text, values.SelectMany(static value => value.Names));
            result.AddError($"{option} has no '{text}'.{(nearest is null ? string.Empty : $" Did you mean '{nearest}'?")} It takes {names}.");
        }

        return [.. chosen.Distinct()];
    }
}
