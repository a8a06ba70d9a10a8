namespace Channels.Layers.Redis;

/// <summary>
/// Tells every channel of this process when messages may be missed and when no longer: once per episode,
/// however many hosts are concerned. Thread-safe.
/// </summary>
internal sealed class PubSubNotices
{
    private readonly Lock _lock = new();
    private readonly bool[] _up;
    private readonly ChannelMessage? _onDisconnect;
    private readonly ChannelMessage? _onReconnect;
    private readonly Action<ChannelMessage> _announce;
    private bool _wasComplete;
    private bool _isInterrupted;
    private bool _stopped;

    /// <param name="hosts">How many hosts there are.</param>
    /// <param name="onDisconnect">The type of the message for a loss; null for none.</param>
    /// <param name="onReconnect">The type of the message for the return; null for none.</param>
    /// <param name="announce">Puts a message into every channel of this process.</param>
    public PubSubNotices(int hosts, string? onDisconnect, string? onReconnect, Action<ChannelMessage> announce)
    {
        _up = new bool[hosts];
        _onDisconnect = onDisconnect is null ? null : new(onDisconnect);
        _onReconnect = onReconnect is null ? null : new(onReconnect);
        _announce = announce;
    }

    /// <summary>Notes that the subscriptions of a host are confirmed, or lost.</summary>
    public void Set(int host, bool up)
    {
        ChannelMessage? notice = null;
        lock (_lock)
        {
            _up[host] = up;
            var complete = !_up.Contains(false);
            if (!complete && _wasComplete && !_isInterrupted)
            {
                _isInterrupted = true;
                notice = _onDisconnect;
            }
            else if (complete && _isInterrupted)
            {
                _isInterrupted = false;
                notice = _onReconnect;
            }

            _wasComplete |= complete;
            if (_stopped)
            {
                return;
            }
        }

        if (notice is not null)
        {
            _announce(notice);
        }
    }

    /// <summary>The layer ends on purpose: nothing is announced any more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
        }
    }
}
