using System.CommandLine;
using System.Text.RegularExpressions;

namespace Channels.Kestrel;

/// <summary>
/// A word of the command line, the first that belongs to no switch, that makes the program do something: <c>serve</c>, <c>routes</c>, … Add your own to
/// <see cref="ChannelsHostBuilder.Verbs"/>. One object may be run by several hosts, so it keeps no state.
/// </summary>
public abstract partial class HostVerb
{
    /// <summary>The word, in lower case.</summary>
    public abstract string Name { get; }

    /// <summary>One line for the help text.</summary>
    public abstract string Summary { get; }

    /// <summary>
    /// What stands behind the word, for the help text, with the verb's own switches (<c>NAME… [--concurrency N]</c>); when it
    /// names no words, words behind the verb are refused. Default empty.
    /// </summary>
    public virtual string Arguments => "";

    /// <summary>Whether the host with its server is started before the verb runs. Default false.</summary>
    public virtual bool Serves => false;

    /// <summary>Whether log lines go to the error output, so that the verb's results stand alone on the other. A verb that goes on until it is stopped has none.</summary>
    internal virtual bool LogsToError => !Serves;

    /// <summary>Adds what the verb needs before the host is built. Default nothing.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="arguments">The words behind the verb.</param>
    /// <exception cref="ArgumentException">The words make no sense; the message tells what would be right.</exception>
    public virtual void Configure(ChannelsHostBuilder builder, IReadOnlyList<string> arguments)
    {
    }

    /// <summary>Does the work.</summary>
    /// <param name="context">The host and the rest of the command line.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The program's exit code: 0 when all went well, 2 for a wrong command line, 1 for any other failure.</returns>
    public abstract Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken);

    /// <summary>The verb as the parser of the command line sees it.</summary>
    internal Command ToCommand()
    {
        var command = new Command(Name, Summary);
        Describe(command);
        return command;
    }

    /// <summary>Adds what may stand behind the verb; by default what <see cref="Arguments"/> names. Switches are there to be listed and completed; configuration reads them.</summary>
    internal virtual void Describe(Command command)
    {
        foreach (Match match in Switch().Matches(Arguments))
        {
            command.Add(new Option<string>(match.Groups["name"].Value) { HelpName = match.Groups["value"].Value });
        }

        if (Switch().Replace(Arguments, "").Trim() is { Length: > 0 } words)
        {
            command.Add(new Argument<string[]>(words) { Arity = ArgumentArity.ZeroOrMore });
        }
    }

    [GeneratedRegex(@"\[?(?<name>--[a-z][\w:-]*)([ =](?<value>[^\s\]]+))?\]?", RegexOptions.IgnoreCase)]
    private static partial Regex Switch();

    /// <summary>Runs the verb; whatever it throws is one line on the error output and exit code 1, never a stack trace.</summary>
    internal async Task<int> RunGuardedAsync(HostVerbContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(context, cancellationToken);
        }
        catch (Exception error)
        {
            await context.Error.WriteLineAsync(cancellationToken.IsCancellationRequested ? $"{Name} was stopped." : error.Message.ReplaceLineEndings(" "));
            return 1;
        }
    }
}
