using System.CommandLine;
using System.CommandLine.Invocation;

namespace Channels.Kestrel;

/// <summary>
/// The command line of a program. It is read twice: at once for what goes to configuration, since that decides how the
/// program is put together; and when the program's verbs are known.
/// </summary>
internal sealed class CommandLine
{
    // What every .NET host reads from its configuration.
    private static readonly string[] HostKeys = ["--environment", "--contentRoot", "--applicationName"];

    private readonly HostSwitches _switches = new();
    private readonly CommandLineParts _parts;
    private readonly string[] _words;

    private CommandLine(IReadOnlyList<string> arguments)
    {
        var words = new Argument<string[]>("WORD") { Arity = ArgumentArity.ZeroOrMore };
        var root = NewRoot();
        root.Add(words);
        _parts = CommandLineParts.Of(arguments, root.Options);
        var line = Parse(root);
        Error = _parts.Error ?? line.Errors.Select(error => HeaderText.Escape(error.Message)).FirstOrDefault();
        _words = line.GetValue(words) ?? [];
        Configuration = Error is null ? [.. _parts.Configuration, .. _switches.ToConfiguration(line)] : _parts.Configuration;
    }

    /// <summary>The first word, wherever it stands.</summary>
    public string Verb => _words.Length == 0 ? ServeVerb.Word : _words[0];

    /// <summary>The words behind the verb.</summary>
    public IReadOnlyList<string> Words => _words.Length == 0 ? [] : _words[1..];

    /// <summary>What configuration reads, as <c>--key=value</c>.</summary>
    public IReadOnlyList<string> Configuration { get; }

    /// <summary>What is wrong with the command line whatever the verbs are, or null.</summary>
    public string? Error { get; }

    public static CommandLine Parse(IReadOnlyList<string> arguments) => new(arguments);

    /// <summary>Answers a command line that asks for help, the version, or completions for a shell.</summary>
    /// <returns>The exit code; null for a command line that asks for none of these.</returns>
    public async Task<int?> AnswerAsync(IReadOnlyCollection<HostVerb> verbs, TextWriter output, CancellationToken cancellationToken) =>
        Parse(NewRoot(verbs)) is { Action: not (null or ParseErrorAction or Nothing) } question
            ? await question.InvokeAsync(new InvocationConfiguration { Output = output, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }, cancellationToken)
            : null;

    /// <summary>What is wrong with the command line for a program with these verbs, or null.</summary>
    public string? FindError(IReadOnlyCollection<HostVerb> verbs)
    {
        if (Error is not null)
        {
            return Error;
        }

        var names = verbs.Select(verb => verb.Name);
        return verbs.All(verb => verb.Name != Verb)
            ? $"'{HeaderText.Escape(Verb)}' is not a verb{NearestName.Hint(Verb, names)} There are: {string.Join(", ", names)}. --help tells more."
            : FindError(NewRoot(verbs));
    }

    private string? FindError(RootCommand root)
    {
        var line = Parse(root);
        var (verb, wrong) = (line.CommandResult.Command, line.UnmatchedTokens is [var first, ..] ? first : null);
        if (line.Errors.Count > 0)
        {
            var subcommands = verb.Subcommands.Select(subcommand => subcommand.Name).ToArray();
            var complaint = subcommands.Length > 0
                ? $"'{verb.Name}' needs one of these behind it: {string.Join(", ", subcommands)}{(wrong is null ? "." : $"; '{wrong}' is none{NearestName.Hint(wrong, subcommands)}")}"
                : wrong is not null && verb.Arguments.Count == 0
                ? $"'{verb.Name}' takes no words, but '{wrong}' stands behind it."
                : line.Errors[0].Message;
            return $"{HeaderText.Escape(complaint)} --help tells more.";
        }

        // A key of one's own may be called anything but almost like a switch: a slip of the pen would start the program otherwise than it was meant.
        string[] read = [.. HostKeys, .. root.Subcommands.SelectMany(SwitchesOf)];
        return _parts.Keys.Where(key => key.StartsWith("--", StringComparison.Ordinal) && !read.Contains(key, StringComparer.OrdinalIgnoreCase))
            .Select(key => (Key: key[2..], Meant: NearestName.Find(key[2..], root.Options.Select(option => option.Name).Concat(read).Select(known => known[2..]))))
            .Where(key => key.Meant is not null)
            .Select(key => $"'--{HeaderText.Escape(key.Key)}' is not a known switch; did you mean '--{key.Meant}'? If it is a key of your own, write it without dashes: {HeaderText.Escape(key.Key)}=VALUE.")
            .FirstOrDefault();
    }

    private static IEnumerable<string> SwitchesOf(Command command) =>
        command.Options.Select(option => option.Name).Concat(command.Subcommands.SelectMany(SwitchesOf));

    // A word that begins with an at sign is a word and not the name of a file with more of them, for it may come from anywhere.
    private ParseResult Parse(RootCommand root) => root.Parse(_parts.Rest, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

    private RootCommand NewRoot(IEnumerable<HostVerb>? verbs = null)
    {
        var root = new RootCommand($"Without a command: {ServeVerb.Word}.\nEverything that is not listed here goes to configuration: --Kestrel:Endpoints:Web:Url http://*:8080") { Action = new Nothing() };
        foreach (var option in _switches.All)
        {
            root.Add(option);
        }

        foreach (var verb in verbs ?? [])
        {
            root.Add(verb.ToCommand());
        }

        return root;
    }

    // Says that the root needs no verb; which one is run is for the builder to decide, who makes the host before.
    private sealed class Nothing : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult) => 0;
    }
}
