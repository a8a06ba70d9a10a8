namespace Channels.Layers.Redis;

/// <summary>Messages that arrive, and the end of channels.</summary>
public sealed partial class RedisPubSubLayer
{
    private readonly PubSubNotices _notices;

    /// <inheritdoc/>
    /// <remarks>Empties this process' channels and groups; Redis holds no data of this layout, and other processes notice nothing.</remarks>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        foreach (var host in _hosts)
        {
            await host.SettleAsync();
        }

        var groups = _local.Groups;
        _local.Flush();
        foreach (var group in groups)
        {
            await ReconcileGroupAsync(group, cancellationToken);
        }

        foreach (var (_, inbox) in _shared)
        {
            inbox.Clear();
        }
    }

    /// <summary>Ends the layer's connections once what was sent is answered or has failed; messages that arrive from now on are not received.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _notices.Stop();
            await Task.WhenAll(_hosts.Select(host => host.EndAsync()));
        }
    }

    private void Announce(ChannelMessage notice)
    {
        _local.SendToAll(notice);
        foreach (var (_, inbox) in _shared)
        {
            inbox.Post(notice, long.MaxValue);
        }
    }

    // Runs on the client's own thread, one message after another: decoding once and posting by reference keeps it short.
    private void Receive(string redisChannel, byte[] payload)
    {
        if (!_codec.TryDecode(payload, out var message, out _, out var problem))
        {
            _drops.Undecodable(redisChannel, payload.Length, problem);
            return;
        }

        var expiresAt = _settings.Time.GetTimestamp() + _expiry;
        if (_local.IsOpen(redisChannel))
        {
            if (_local.Send(redisChannel, message, expiresAt) == InboxPostResult.PostedDroppingOldest)
            {
                _drops.Slow();
            }
        }
        else if (_shared.TryGetValue(redisChannel, out var shared))
        {
            shared.Post(message, expiresAt);
        }
        else if (_names.GroupOf(redisChannel) is { } group)
        {
            var result = _local.SendToGroup(group, message, expiresAt);
            if (result.Lost > 0)
            {
                _drops.Slow(result.Lost);
            }
        }
        else
        {
            _drops.Closed();
        }
    }

    private async ValueTask CloseAsync(ChannelInbox inbox)
    {
        var groups = _local.GroupsOf(inbox.Name);
        _local.Close(inbox.Name);
        foreach (var group in groups)
        {
            await ReconcileGroupAsync(group, CancellationToken.None);
        }
    }
}
