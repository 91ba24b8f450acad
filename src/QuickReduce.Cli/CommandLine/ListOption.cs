using System.CommandLine;
using System.CommandLine.Completions;
using QuickReduce.Policy;

namespace QuickReduce.Cli.CommandLine;

/// <summary>
/// An option that takes some of a few named values, with commas or blanks between them. A name that there is not is
/// refused with the nearest that there is; a shell completes the names.
/// </summary>
/// <typeparam name="T">Type of the values.</typeparam>
internal sealed class ListOption<T>
    where T : struct
{
    private readonly KnownNames<T> _names;
    private readonly IReadOnlyList<T> _usual;

    /// <summary>Creates the option.</summary>
    /// <param name="name">Its name, with dashes.</param>
    /// <param name="description">What it chooses, without the values.</param>
    /// <param name="names">The values by name.</param>
    /// <param name="usual">What counts where the option is not given.</param>
    public ListOption(string name, string description, KnownNames<T> names, IReadOnlyList<T> usual)
    {
        _names = names;
        _usual = usual;
        Option = new Option<string[]>(name)
        {
            Description = $"{description}: {string.Join(", ", Proper)}; by default {string.Join(",", usual.Select(names.NameOf))}.",
            AllowMultipleArgumentsPerToken = true,
            HelpName = name.TrimStart('-'),
        };
        Option.Validators.Add(result =>
        {
            foreach (var wrong in Split(result.Tokens.Select(static token => token.Value)).Where(text => !_names.TryParse(text, out _)))
            {
                result.AddError(name + ": " + _names.Refusal(wrong));
            }
        });
        Option.CompletionSources.Add(Complete);
    }

    /// <summary>The option, to be added to a command.</summary>
    public Option<string[]> Option { get; }

    /// <summary>Whether the option is given.</summary>
    public bool IsGiven(ParseResult result) => result.GetResult(Option) is { Implicit: false };

    /// <summary>The values that were given, each once, or else the usual ones.</summary>
    public IReadOnlyList<T> Chosen(ParseResult result) => IsGiven(result)
        ? [.. Split(result.GetValue(Option) ?? []).Select(text => _names.TryParse(text, out var value) ? value : default).Distinct()]
        : _usual;

    /// <summary>One name for each value.</summary>
    private IEnumerable<string> Proper => _names.All.Where(name => _names.TryParse(name, out var value) && _names.NameOf(value) == name);

    private static IEnumerable<string> Split(IEnumerable<string> tokens) =>
        tokens.SelectMany(static token => token.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Completes the last name of a list: <c>fp,in</c> to <c>fp,int8</c>.</summary>
    private IEnumerable<CompletionItem> Complete(CompletionContext context)
    {
        var word = context.WordToComplete;
        var before = word[..(word.LastIndexOf(',') + 1)];
        return Proper.Select(name => new CompletionItem(before + name));
    }
}
