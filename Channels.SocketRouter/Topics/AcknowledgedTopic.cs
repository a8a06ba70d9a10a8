namespace Channels.SocketRouter;

/// <summary>
/// Delivers the messages of one topic to one connection that acknowledges them: reads them from the history, lets no more than a window
/// be under way, and sends again what was not acknowledged in time. The history is the buffer; only numbers are kept here.
/// </summary>
internal sealed class AcknowledgedTopic
{
    private const int MostRounds = 3;
    private const int TooSlow = 1013;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30); // a lost message may have been the last one

    private readonly ITopicPeer _peer;
    private readonly JoinedTopic _joined;
    private readonly AcknowledgedDelivery _delivery;
    private readonly Lock _lock = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasLeft;
    private string _epoch;
    private long _sent;
    private long _acknowledged;
    private int _rounds;
    private long _waitsSince; // by the clock's timestamp: when what is under way was last sent, or some of it acknowledged

    public AcknowledgedTopic(ITopicPeer peer, JoinedTopic joined, AcknowledgedDelivery delivery, HistoryPosition begin, int underWay)
    {
        (_peer, _joined, _delivery) = (peer, joined, delivery);
        (_epoch, _sent, _acknowledged) = (begin.Epoch, begin.Offset, begin.Offset - underWay);
        _waitsSince = peer.Time.GetTimestamp();
    }

    /// <summary>The client has everything up to a position. For any thread.</summary>
    public void Acknowledge(HistoryPosition position)
    {
        lock (_lock)
        {
            if (position.Epoch != _epoch || position.Offset <= _acknowledged || position.Offset > _sent)
            {
                return;
            }

            (_acknowledged, _rounds, _waitsSince) = (position.Offset, 0, _peer.Time.GetTimestamp());
            _wake.TrySetResult();
        }
    }

    /// <summary>The client has left the topic.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasLeft = true;
            _wake.TrySetResult();
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var inbox = await _peer.Layer.NewChannelAsync(cancellationToken: cancellationToken);
            await _peer.Layer.GroupAddAsync(_joined.Group, inbox.Name, cancellationToken);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var published = inbox.ReceiveAsync(ends.Token).AsTask();
            try
            {
                await DeliverAsync(inbox, published, ends.Token);
            }
            finally
            {
                await ends.CancelAsync(); // nobody may read an inbox that is closed
            }
        }
        catch (ChannelLayerUnavailableException)
        {
            _joined.IsFollowed = false;
            await _peer.SendAsync(TopicFrames.Reset(_joined.Topic, new(_epoch, _sent), "unavailable")); // the client joins again
        }
    }

    private async Task DeliverAsync(ChannelInbox inbox, Task<ChannelMessage> published, CancellationToken cancellationToken)
    {
        while (!_hasLeft)
        {
            var woken = TakeWake();
            await SendNewAsync(cancellationToken);
            var left = TimeLeft; // nothing that only ends a turn begins it anew: a busy topic does so all the time
            if (left <= TimeSpan.Zero)
            {
                if (await TrySendAgainAsync(cancellationToken))
                {
                    continue;
                }

                await _peer.CloseAsync(TooSlow, "nothing is acknowledged");
                return;
            }

            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var first = await Task.WhenAny(published, woken, Task.Delay(left < LookAgain ? left : LookAgain, _peer.Time, wait.Token));
            await wait.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (first == published)
            {
                await published;
                while (inbox.TryTake(out _))
                {
                    // Each only says that there is something to read.
                }

                published = inbox.ReceiveAsync(cancellationToken).AsTask();
            }
        }
    }

    private Task TakeWake()
    {
        lock (_lock)
        {
            if (_wake.Task.IsCompleted && !_hasLeft)
            {
                _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _wake.Task;
        }
    }

    // Until what is under way comes again.
    private TimeSpan TimeLeft
    {
        get
        {
            lock (_lock)
            {
                return _sent > _acknowledged ? TimeSpan.FromMilliseconds(_delivery.TimeoutMs) - _peer.Time.GetElapsedTime(_waitsSince) : LookAgain;
            }
        }
    }

    private int Room
    {
        get
        {
            lock (_lock)
            {
                return (int)(_delivery.Window - (_sent - _acknowledged));
            }
        }
    }

    private async ValueTask SendNewAsync(CancellationToken cancellationToken)
    {
        while (Room is > 0 and var room)
        {
            var page = await _peer.History.ReadAsync(_joined.Group, new(_epoch, _sent), room, cancellationToken);
            if (page.Gone)
            {
                lock (_lock)
                {
                    (_epoch, _sent, _acknowledged, _rounds) = (page.Newest.Epoch, page.Newest.Offset, page.Newest.Offset, 0);
                }

                await _peer.SendAsync(TopicFrames.Reset(_joined.Topic, page.Newest, "unrecoverable"));
                continue;
            }

            if (page.Messages.Count == 0)
            {
                return;
            }

            foreach (var message in page.Messages)
            {
                bool isFirst;
                lock (_lock)
                {
                    isFirst = _sent == _acknowledged;
                    _sent = message.Position!.Value.Offset; // what a history gives has one; before it goes out, so that its acknowledgement counts
                }

                await SendAsync(message, redelivered: false);
                if (isFirst)
                {
                    BeginWait();
                }
            }
        }
    }

    private async ValueTask<bool> TrySendAgainAsync(CancellationToken cancellationToken)
    {
        long from, to;
        lock (_lock)
        {
            if (_rounds++ == MostRounds)
            {
                return false;
            }

            (from, to) = (_acknowledged, _sent);
        }

        var page = await _peer.History.ReadAsync(_joined.Group, new(_epoch, from), (int)(to - from), cancellationToken);
        foreach (var message in page.Messages)
        {
            await SendAsync(message, redelivered: true);
        }

        BeginWait();
        return true;
    }

    // When it has gone out: a client that takes long to take it has not had it meanwhile.
    private void BeginWait()
    {
        lock (_lock)
        {
            _waitsSince = _peer.Time.GetTimestamp();
        }
    }

    private ValueTask SendAsync(ChannelMessage message, bool redelivered) =>
        TopicMessage.ToFrame(message, redelivered) is { } frame ? _peer.SendAsync(frame) : ValueTask.CompletedTask;
}
