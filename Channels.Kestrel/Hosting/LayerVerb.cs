using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Kestrel;

/// <summary>Tries a channel layer out from the command line: a round trip, or a message into a channel or a group.</summary>
internal sealed class LayerVerb : HostVerb
{
    private const string GroupPrefix = "group:";

    private const string Ping = "ping";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override string Name => "layer";

    public override string Summary => "try a channel layer out";

    public override async Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken)
    {
        var words = context.Arguments;
        return words[0] == Ping
            ? await PingAsync(context, words.ElementAtOrDefault(1) ?? ChannelLayerAliases.Default, cancellationToken)
            : await SendAsync(context, words[1], words[2], words[3], words.ElementAtOrDefault(4) ?? "{}", cancellationToken);
    }

    internal override void Describe(Command command)
    {
        command.Add(new Command(Ping, "send a message through the layer and back")
        {
            new Argument<string>("ALIAS") { Arity = ArgumentArity.ZeroOrOne, Description = $"which layer (default: {ChannelLayerAliases.Default})" },
        });
        command.Add(new Command("send", "send one message")
        {
            new Argument<string>("ALIAS") { Description = "which layer; it must reach other processes" },
            new Argument<string>($"CHANNEL|{GroupPrefix}NAME") { Description = "to whom" },
            new Argument<string>("TYPE") { Description = "the message's type" },
            new Argument<string>("JSON") { Arity = ArgumentArity.ZeroOrOne, Description = "its fields (default: none)" },
        });
    }

    private static IChannelLayer Find(HostVerbContext context, string alias) => context.Host.Services.GetKeyedService<IChannelLayer>(alias)
        ?? throw ChannelLayerRegistrations.Unknown(context.Host.Services, alias);

    private static async Task<int> PingAsync(HostVerbContext context, string alias, CancellationToken cancellationToken)
    {
        var layer = Find(context, alias);
        var time = context.Host.Services.GetRequiredService<TimeProvider>();
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var started = time.GetTimestamp();
            await using var inbox = await layer.NewChannelAsync("ping", either.Token);
            await layer.SendAsync(inbox.Name, new ChannelMessage("layer.ping"), either.Token);
            await inbox.ReceiveAsync(either.Token);
            await context.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{alias}: a message came back in {time.GetElapsedTime(started).TotalMilliseconds:F1} ms"));
            return 0;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"{alias}: no answer within {Patience.TotalSeconds} s.");
        }
    }

    private static async Task<int> SendAsync(HostVerbContext context, string alias, string target, string type, string json, CancellationToken cancellationToken)
    {
        var layer = Find(context, alias);
        if (!layer.Features.HasFlag(ChannelLayerFeatures.Distributed))
        {
            throw new InvalidOperationException($"The channel layer '{HeaderText.Escape(alias)}' reaches nobody outside this process, which ends now; share it between processes with services.AddChannels().AddRedisLayer().");
        }

        var message = new ChannelMessage(type, JsonMap.Read(json));
        if (target.StartsWith(GroupPrefix, StringComparison.Ordinal))
        {
            await layer.GroupSendAsync(target[GroupPrefix.Length..], message, cancellationToken);
        }
        else
        {
            await layer.SendAsync(target, message, cancellationToken);
        }

        await context.Output.WriteLineAsync($"{alias}: sent '{type}' to {target}");
        return 0;
    }
}
