namespace Channels.Kestrel;

// What a broadcast hands over directly, past the consumer: taken in one go, counted here, and never waited for.
internal sealed partial class ConnectionWriter
{
    public int Forward(ReadOnlySpan<Event> messages)
    {
        if (_encoder is not null)
        {
            Encode(messages, _encoder);
        }

        var taken = 0;
        bool pumps;
        lock (this)
        {
            while (!_closed && _output is not null && taken < messages.Length && messages[taken] is WebSocketSend message && TryAdd(OutboundMessage.Of(message, _encoder)))
            {
                taken++;
            }

            if (taken > 0)
            {
                Volatile.Write(ref _lastSent, _heartbeat.Now);
            }

            pumps = taken > 0 && MayPump && !IsHeldBack;
            _pumping |= pumps;
        }

        if (pumps)
        {
            Pump();
        }

        Count(messages[..taken]);
        return taken;
    }

    // Before the lock: the first socket does it for all, and it takes its time.
    private static void Encode(ReadOnlySpan<Event> messages, WebSocketFrameEncoder encoder)
    {
        foreach (var message in messages)
        {
            (message as WebSocketSend)?.GetFrame(encoder);
        }
    }

    private void Count(ReadOnlySpan<Event> messages)
    {
        foreach (var message in messages)
        {
            try
            {
                var send = (WebSocketSend)message; // nothing else was taken
                _metrics.Sent(send.Kind, send.Payload.Length);
            }
#pragma warning disable CA1031 // a listener of the application's that fails must not make sent messages look unsent
            catch
#pragma warning restore CA1031
            {
            }
        }
    }
}
