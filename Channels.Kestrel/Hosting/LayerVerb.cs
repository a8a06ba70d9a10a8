using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Kestrel;

/// <summary>Tries a channel layer out from the command line: a round trip, or a message into a channel or a group.</summary>
internal sealed class LayerVerb : HostVerb
{
    private const string GroupPrefix = "group:";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override string Name => "layer";

    public override string Summary => "ping [ALIAS]; send ALIAS CHANNEL|group:NAME TYPE [JSON]";

    public override string Arguments => "ping|send …";

    public override async Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken)
    {
        switch (context.Arguments.ToArray())
        {
            case ["ping"] or ["ping", _]:
                return await PingAsync(context, context.Arguments.Count > 1 ? context.Arguments[1] : ChannelLayerAliases.Default, cancellationToken);
            case ["send", var alias, var target, var type]:
                return await SendAsync(context, alias, target, type, "{}", cancellationToken);
            case ["send", var alias, var target, var type, var json]:
                return await SendAsync(context, alias, target, type, json, cancellationToken);
            default:
                await context.Error.WriteLineAsync($"Usage: {Name} ping [ALIAS] | {Name} send ALIAS CHANNEL|{GroupPrefix}NAME TYPE [JSON]");
                return 2;
        }
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
