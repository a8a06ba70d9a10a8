using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Kestrel;

/// <summary>Shows what workers gave up on, sends it again, or throws it away.</summary>
internal sealed class DeadLettersVerb : HostVerb
{
    public override string Name => "dead-letters";

    public override string Summary => "what workers gave up on";

    public override async Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken)
    {
        if (context.Host.Services.GetService<IDeadLetterStore>() is not { IsShared: true } store)
        {
            throw new InvalidOperationException("Dead letters are kept in the memory of each worker, where no other process sees them; share them with services.AddChannels().AddRedisDeadLetters().");
        }

        return await RunAsync(context, store, cancellationToken);
    }

    internal override void Describe(Command command)
    {
        Add("list", "show them");
        Add("replay", "send them again");
        Add("drop", "throw them away");

        void Add(string name, string summary) => command.Add(new Command(name, summary)
        {
            new Argument<string>("CHANNEL") { Description = "the channel that they were read from" },
            new Argument<string>("ID") { Arity = ArgumentArity.ZeroOrOne, Description = "one of them (default: all of the channel)" },
        });
    }

    private static async Task<int> RunAsync(HostVerbContext context, IDeadLetterStore store, CancellationToken cancellationToken)
    {
        var (what, channel) = (context.Arguments[0], context.Arguments[1]);
        var id = context.Arguments.ElementAtOrDefault(2);
        var letters = (await store.ListAsync(channel, cancellationToken)).Where(letter => id is null || letter.Id == id).ToList();
        if (letters.Count == 0 && id is not null)
        {
            throw new InvalidOperationException($"Channel '{channel}' has no dead letter '{HeaderText.Escape(id)}'.");
        }

        var (count, cut) = (0, 0);
        foreach (var letter in letters)
        {
            switch (what)
            {
                case "list":
                    await context.Output.WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{letter.Id}  {letter.FailedAt:yyyy-MM-dd HH:mm:ss}Z  {HeaderText.Escape(letter.Message.Type)}  attempts {letter.Attempts}  {(letter.IsCut ? "cut  " : "")}{HeaderText.Escape(letter.Error)}"));
                    break;
                case "replay" when letter.IsCut:
                    cut++;
                    await context.Error.WriteLineAsync($"{letter.Id}: holds only the beginning of its message and cannot be sent again; see Channels:DeadLetters:{nameof(DeadLetterOptions.MaxBodyBytes)}.");
                    break;
                case "replay":
                    count += await store.ReplayAsync(context.Host.Services, channel, letter.Id, cancellationToken) ? 1 : 0;
                    break;
                default:
                    count += await store.TakeAsync(channel, letter.Id, cancellationToken) is null ? 0 : 1;
                    break;
            }
        }

        if (what != "list")
        {
            await context.Output.WriteLineAsync($"{channel}: {count} {(what == "replay" ? "sent again" : "dropped")}");
        }

        return cut == 0 ? 0 : 1;
    }
}
