using System.CommandLine;

namespace Channels.Kestrel;

/// <summary>
/// Takes the pairs for configuration out of a command line, wherever they stand and whoever reads them. What is left
/// is for the parser: known switches, each in one piece with its value, and words.
/// </summary>
internal sealed class CommandLineParts
{
    private readonly List<string> _rest = [];
    private readonly List<string> _keys = [];
    private readonly List<string> _configuration = [];
    private readonly Dictionary<string, Option> _switches;

    private CommandLineParts(IEnumerable<Option> switches) => _switches = switches
        .SelectMany(option => option.Aliases.Append(option.Name), (option, name) => (option, name))
        .ToDictionary(known => known.name, known => known.option, StringComparer.Ordinal);

    /// <summary>Known switches and words.</summary>
    public IReadOnlyList<string> Rest => _rest;

    /// <summary>The keys of the pairs, with their dashes.</summary>
    public IReadOnlyList<string> Keys => _keys;

    /// <summary>The pairs, as <c>--key=value</c>.</summary>
    public IReadOnlyList<string> Configuration => _configuration;

    /// <summary>What is wrong, or null.</summary>
    public string? Error { get; private set; }

    public static CommandLineParts Of(IReadOnlyList<string> arguments, IEnumerable<Option> switches)
    {
        var parts = new CommandLineParts(switches);
        if (arguments is [['[', ..], ..])
        {
            parts._rest.AddRange(arguments); // a shell asks for completions of what was typed so far
            return parts;
        }

        var next = 0;
        while (next < arguments.Count && parts.Error is null)
        {
            parts.Take(arguments, ref next);
        }

        return parts;
    }

    private static bool IsWord(string argument) => (argument is not ['-' or '/', ..] || IsPath(argument)) && !IsPair(argument);

    // A key that is written with a slash, /key, has no second one.
    private static bool IsPath(string argument) => argument[0] == '/' && argument.IndexOf('/', 1) > 0;

    // A word may hold an equals sign, such as JSON; what stands before that of a pair is a key.
    private static bool IsPair(string argument) => argument.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals
        && argument.AsSpan(0, equals).IndexOfAny(['{', '[', '"', ' ']) < 0;

    private void Take(IReadOnlyList<string> arguments, ref int next)
    {
        var argument = arguments[next++];
        if (argument == "--")
        {
            _rest.Add(argument);
            while (next < arguments.Count)
            {
                _rest.Add(arguments[next++]);
            }
        }
        else if (IsWord(argument) || (_switches.TryGetValue(argument, out var known) && IsFlag(known)))
        {
            _rest.Add(argument);
        }
        else
        {
            TakePair(argument, arguments, ref next);
        }
    }

    private static bool IsFlag(Option option) => option.Arity.MaximumNumberOfValues == 0;

    private void TakePair(string argument, IReadOnlyList<string> arguments, ref int next)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? argument : argument[..equals];
        string? value = equals < 0 ? null : argument[(equals + 1)..];
        _switches.TryGetValue(name, out var known);
        if (known is not null ? IsFlag(known) : name is ['-', not '-', ..])
        {
            Error = known is not null ? $"'{name}' takes no value." : $"'{HeaderText.Escape(name)}' is not a known switch; --help lists those that are.";
            return;
        }

        if (value is null && (next >= arguments.Count || arguments[next].StartsWith('-')))
        {
            Error = $"'{HeaderText.Escape(name)}' needs a value: {HeaderText.Escape(name)} VALUE{NearestName.Hint(name, _switches.Keys.Where(other => other.Length > 2 && other != name))}";
            return;
        }

        value ??= arguments[next++];
        if (known is not null)
        {
            _rest.AddRange(value.Length > 0 ? [$"{name}={value}"] : [name, ""]); // the parser takes an empty value for none when joined
            return;
        }

        _keys.Add(name);
        _configuration.Add($"--{name.TrimStart('-', '/')}={value}");
    }
}
