using System.Collections.Concurrent;

namespace Channels.Layers.Redis;

/// <summary>Hands out what arrives: decoded once, given to all who are to have it as one instance. Thread-safe.</summary>
internal sealed class PubSubDelivery(IChannelLayer layer, RedisLayerParts parts, LocalDelivery local)
{
    private readonly ConcurrentDictionary<string, SharedInbox> _shared = new(StringComparer.Ordinal);
    private readonly string? _ownShard = parts.Names.IsSharded ? parts.Names.ProcessChannel(parts.ProcessId) : null;
    private readonly long _expiry = (long)(parts.Options.Expiry.TotalSeconds * parts.Time.TimestampFrequency);
    private volatile bool _ended;

    /// <summary>The queue of a channel that is received from by name; it is kept for the layer's life.</summary>
    /// <exception cref="ObjectDisposedException">The layer has ended.</exception>
    public SharedInbox Open(string channel)
    {
        var inbox = _shared.GetOrAdd(channel, static (name, parts) => new(parts.Capacities.For(name), parts.Time, parts.Drops), parts);
        Interlocked.MemoryBarrier(); // either End finds it, or it has ended before this look
        ObjectDisposedException.ThrowIf(_ended, typeof(RedisPubSubLayer));
        return inbox;
    }

    /// <summary>Nothing comes any more: ends all waiting for channels that are received from by name.</summary>
    public void End()
    {
        _ended = true;
        Interlocked.MemoryBarrier();
        foreach (var (_, inbox) in _shared)
        {
            inbox.End();
        }
    }

    /// <summary>Files one message. Called one after another, so it is kept short; never throws on account of its content.</summary>
    public void Receive(string redisChannel, ReadOnlySpan<byte> payload)
    {
        if (!parts.Codec.TryDecode(payload, out var message, out var address, out var problem))
        {
            parts.Drops.Undecodable(redisChannel, payload.Length, problem);
            return;
        }

        parts.NoteCame(message);
        var expiresAt = parts.Time.GetTimestamp() + _expiry;
        if (redisChannel == _ownShard)
        {
            ReceiveOwn(redisChannel, payload.Length, address, message, expiresAt);
        }
        else if (local.IsOpen(redisChannel))
        {
            Post(redisChannel, message, expiresAt);
        }
        else if (_shared.TryGetValue(redisChannel, out var shared))
        {
            shared.Post(message, expiresAt);
        }
        else if (parts.Names.GroupOf(redisChannel) is { } group)
        {
            var result = local.SendToGroup(group, message, expiresAt);
            if (result.Lost > 0)
            {
                parts.Drops.Slow(result.Lost);
            }
        }
        else
        {
            Drop(message);
        }
    }

    // All channels of the process share it, so each message names the one that is to have it.
    private void ReceiveOwn(string redisChannel, int length, in MessageValue address, ChannelMessage message, long expiresAt)
    {
        if (address.Kind != MessageValueKind.Text)
        {
            parts.Drops.Undecodable(redisChannel, length, "it does not name its receiver");
        }
        else
        {
            Post(address.GetText(), message, expiresAt);
        }
    }

    private void Drop(ChannelMessage message)
    {
        parts.Drops.Closed();
        UnclaimedRequests.Refuse(layer, message);
    }

    private void Post(string channel, ChannelMessage message, long expiresAt)
    {
        switch (local.Send(channel, message, expiresAt))
        {
            case InboxPostResult.Closed:
                Drop(message);
                break;
            case InboxPostResult.PostedDroppingOldest:
                parts.Drops.Slow();
                break;
        }
    }

    /// <summary>Puts a message into every channel of this process.</summary>
    public void Announce(ChannelMessage notice)
    {
        local.SendToAll(notice);
        foreach (var (_, inbox) in _shared)
        {
            inbox.Post(notice, long.MaxValue);
        }
    }

    /// <summary>Empties the channels that are received from by name.</summary>
    public void Clear()
    {
        foreach (var (_, inbox) in _shared)
        {
            inbox.Clear();
        }
    }
}
