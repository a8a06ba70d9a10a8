using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Files what was popped: decodes once, drops what is expired or unusable, hands the rest to inboxes and waiting receivers.</summary>
internal sealed class CoreDelivery(CoreSettings settings, LocalDelivery local, PopDemand demand)
{
    /// <summary>Delivers one popped message. Never throws on account of its content.</summary>
    /// <param name="host">Where it was popped.</param>
    /// <param name="keyPart">The key without the prefix.</param>
    /// <param name="member">The stored bytes.</param>
    /// <param name="score">When it was sent, by the sender's clock.</param>
    public ValueTask DeliverAsync(CoreHost host, string keyPart, byte[] member, double score)
    {
        var now = UnixTime.Seconds(settings.Link.Time);
        if (score <= UnixTime.PurgeBound(now, settings.Options.Expiry))
        {
            settings.Drops.Expired();
            return ValueTask.CompletedTask;
        }

        if (!settings.Codec.TryDecode(member, out var message, out var address, out var problem))
        {
            settings.Drops.Undecodable(settings.Names.InboxKey(keyPart), member.Length, problem);
            return ValueTask.CompletedTask;
        }

        var left = Math.Clamp(score + settings.Options.Expiry.TotalSeconds - now, 0, settings.Options.Expiry.TotalSeconds);
        var expiresAt = settings.Link.Time.GetTimestamp() + (long)(left * settings.Link.Time.TimestampFrequency);
        if (keyPart[^1] == '!')
        {
            Post(keyPart, member, message, address, expiresAt);
            return ValueTask.CompletedTask;
        }

        return demand.Shared.TryDeliver(keyPart, message) ? ValueTask.CompletedTask : PutBackAsync(host, keyPart, member, score, message, expiresAt);
    }

    private void Post(string keyPart, byte[] member, ChannelMessage message, in MessageValue address, long expiresAt)
    {
        if (address.Kind == MessageValueKind.Text)
        {
            Post(address.GetText(), message, expiresAt);
        }
        else if (address.Kind == MessageValueKind.List && address.GetList() is { Count: > 0 } names)
        {
            var channels = names.Where(name => name.Kind == MessageValueKind.Text).Select(name => name.GetText()).ToArray();
            var (reached, lost) = local.SendToMany(channels, message, expiresAt);
            for (var i = reached; i < channels.Length; i++)
            {
                settings.Drops.Closed();
            }

            if (lost > 0)
            {
                settings.Drops.Slow(lost);
            }
        }
        else
        {
            settings.Drops.Undecodable(settings.Names.InboxKey(keyPart), member.Length, "it does not name its receivers");
        }
    }

    private void Post(string channel, ChannelMessage message, long expiresAt)
    {
        switch (local.Send(channel, message, expiresAt))
        {
            case InboxPostResult.Closed:
                settings.Drops.Closed();
                break;
            case InboxPostResult.PostedDroppingOldest:
                settings.Drops.Slow();
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
                (Key: (RedisKey)settings.Names.InboxKey(keyPart), Member: (RedisValue)member, Score: score, settings.Options.Expiry), member.Length, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException e) when (e.OutcomeUnknown)
        {
            settings.Drops.Uncertain();
        }
        catch (ChannelLayerUnavailableException)
        {
            demand.Shared.Strand(keyPart, message, expiresAt); // the next receiver of this process gets it
        }
    }
}
