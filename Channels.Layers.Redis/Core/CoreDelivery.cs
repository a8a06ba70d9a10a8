using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Files what was popped: decodes once, drops what is expired or unusable, hands the rest to inboxes and waiting receivers.</summary>
internal sealed class CoreDelivery(IChannelLayer layer, RedisLayerParts parts, LocalDelivery local, PopDemand demand)
{
    /// <summary>Delivers one popped message. Never throws on account of its content.</summary>
    /// <param name="host">Where it was popped.</param>
    /// <param name="keyPart">The key without the prefix.</param>
    /// <param name="member">The stored bytes.</param>
    /// <param name="score">When it was sent, by the sender's clock.</param>
    public ValueTask DeliverAsync(CoreHost host, string keyPart, byte[] member, double score)
    {
        var now = UnixTime.Seconds(parts.Time);
        if (score <= UnixTime.PurgeBound(now, parts.Options.Expiry))
        {
            parts.Drops.Expired();
            return ValueTask.CompletedTask;
        }

        if (!double.IsFinite(score))
        {
            parts.Drops.Undecodable(parts.Names.InboxKey(keyPart), member.Length, "its score is no time");
            return ValueTask.CompletedTask;
        }

        if (!parts.Codec.TryDecode(member, out var message, out var address, out var problem))
        {
            parts.Drops.Undecodable(parts.Names.InboxKey(keyPart), member.Length, problem);
            return ValueTask.CompletedTask;
        }

        parts.NoteCame(message);
        var left = Math.Clamp(score + parts.Options.Expiry.TotalSeconds - now, 0, parts.Options.Expiry.TotalSeconds);
        var expiresAt = parts.Time.GetTimestamp() + (long)(left * parts.Time.TimestampFrequency);
        if (keyPart[^1] == '!')
        {
            Post(keyPart, member, message, address, expiresAt);
            return ValueTask.CompletedTask;
        }

        return (IsGroup(address) && message.IsExcepted(keyPart)) || demand.Shared.TryDeliver(keyPart, message)
            ? ValueTask.CompletedTask
            : PutBackAsync(host, keyPart, member, score, message, expiresAt);
    }

    // Who sends to a group names its receivers in a list, however few they are.
    private static bool IsGroup(in MessageValue address) => address.Kind == MessageValueKind.List;

    private void Post(string keyPart, byte[] member, ChannelMessage message, in MessageValue address, long expiresAt)
    {
        if (address.Kind == MessageValueKind.Text)
        {
            Post(address.GetText(), message, expiresAt);
        }
        else if (IsGroup(address) && address.GetList() is { Count: > 0 } names)
        {
            string[] channels = [.. names.Where(name => name.Kind == MessageValueKind.Text).Select(name => name.GetText()).Where(name => !message.IsExcepted(name))];
            var (reached, lost) = local.SendToMany(channels, message, expiresAt);
            if (reached < channels.Length)
            {
                parts.Drops.Closed(channels.Length - reached);
            }

            if (lost > 0)
            {
                parts.Drops.Slow(lost);
            }
        }
        else
        {
            parts.Drops.Undecodable(parts.Names.InboxKey(keyPart), member.Length, "it does not name its receivers");
        }
    }

    private void Post(string channel, ChannelMessage message, long expiresAt)
    {
        switch (local.Send(channel, message, expiresAt))
        {
            case InboxPostResult.Closed:
                parts.Drops.Closed();
                UnclaimedRequests.Refuse(layer, message);
                break;
            case InboxPostResult.PostedDroppingOldest:
                parts.Drops.Slow();
                break;
        }
    }

    // Whoever waited has given up: others may take it. It was given to nobody, so this makes no duplicate. Never given up
    // half-way, for the same reason: what may be in Redis must not be kept here as well.
    private async ValueTask PutBackAsync(CoreHost host, string keyPart, byte[] member, double score, ChannelMessage message, long expiresAt)
    {
        try
        {
            await host.Link.RunAsync(
                static async (database, call) =>
                {
                    var added = database.SortedSetAddAsync(call.Key, call.Member, call.Score);
                    await Task.WhenAll(added, database.KeyExpireAsync(call.Key, call.Expiry));
                    return await added;
                },
                (Key: (RedisKey)parts.Names.InboxKey(keyPart), Member: (RedisValue)member, Score: score, parts.Options.Expiry), member.Length, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException e) when (e.OutcomeUnknown)
        {
            parts.Drops.Uncertain();
        }
        catch (ChannelLayerUnavailableException)
        {
            demand.Shared.Strand(keyPart, message, expiresAt); // the next receiver of this process gets it
        }
    }
}
