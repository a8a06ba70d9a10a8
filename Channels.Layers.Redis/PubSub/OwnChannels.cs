using System.Collections.Concurrent;

namespace Channels.Layers.Redis;

/// <summary>
/// What a process' own channels are called, and how it hears all of them by one subscription: by a pattern, or, since shards
/// know none, by one shard channel whose messages name their receiver. Thread-safe.
/// </summary>
internal sealed class OwnChannels(RedisLayerParts parts, IPubSubHost[] hosts)
{
    private const int Digits = 32;
    private const int ProcessDigits = 16;
    private readonly ConcurrentDictionary<string, SubscriptionName> _patterns = new(StringComparer.Ordinal);
    private readonly SubscriptionName _shard = new(parts.Names.ProcessChannel(parts.ProcessId), SubscriptionKind.Shard);

    /// <summary>A name that no channel had before.</summary>
    public string NewName(string prefix)
    {
        var random = Guid.NewGuid().ToString("N");
        return parts.Names.IsSharded
            ? $"{prefix}.{parts.ProcessId}!{random}"
            : $"{parts.Names.Prefix}{prefix}{(prefix.EndsWith('.') ? "" : ".")}{parts.ProcessId[..ProcessDigits]}{random[..(Digits - ProcessDigits)]}";
    }

    /// <summary>
    /// Hears a channel of this process. One subscription per process stands for all, so opening a channel costs no round trip
    /// and a thousand idle sockets hold none of their own.
    /// </summary>
    public async ValueTask ListenAsync(string name, CancellationToken cancellationToken)
    {
        if (parts.Names.IsSharded)
        {
            await hosts[ShardRing.IndexOf(_shard.Text, hosts.Length)].ReconcileAsync(_shard, static () => true, cancellationToken);
            return;
        }

        var pattern = _patterns.GetOrAdd(name[..^(Digits - ProcessDigits)], static start => new(WireNames.StartsWithPattern(start), SubscriptionKind.Pattern));
        foreach (var host in hosts) // senders go to the host of each name
        {
            await host.ReconcileAsync(pattern, static () => true, cancellationToken);
        }
    }

    /// <summary>Where messages to a channel are published, and the receiver that they have to name.</summary>
    public (string RedisChannel, MessageValue? Receiver) AddressOf(string channel) => parts.Names.IsSharded && ProcessOf(channel) is { } process
        ? (parts.Names.ProcessChannel(process), channel)
        : (channel, null);

    /// <exception cref="InvalidOperationException">The channel belongs to one process, which alone can hear it.</exception>
    public void ThrowIfForeign(string channel)
    {
        if (parts.Names.IsSharded && ProcessOf(channel) is not null)
        {
            throw new InvalidOperationException($"The channel '{channel}' belongs to one process; receive from the {nameof(ChannelInbox)} that {nameof(IChannelLayer.NewChannelAsync)} gave there.");
        }
    }

    private static string? ProcessOf(string channel) => WireNames.ProcessOf(ChannelNames.NonLocalPart(channel));
}
