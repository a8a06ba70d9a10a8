namespace Channels.Kestrel;

/// <summary>
/// The way out of one connection: takes whole frames by reference, in order, from any thread. The seam behind which a
/// faster transport may come.
/// </summary>
internal interface IConnectionWriter
{
    /// <summary>When the send that waits longest for room began to wait, in heartbeat time; null when none waits.</summary>
    long? BlockedSince { get; }

    /// <summary>When a message was taken last, in heartbeat time; 0 for never.</summary>
    long LastSent { get; }

    /// <summary>Takes a message; false when nothing is taken any more.</summary>
    /// <param name="message">The message; its bytes are never changed and may be shared with other connections.</param>
    /// <param name="cancellationToken">Gives up waiting for room.</param>
    /// <param name="accepted">Ends when there was room for the message; fails with <see cref="ConnectionClosedException"/>.</param>
    bool TrySend(in OutboundMessage message, CancellationToken cancellationToken, out ValueTask accepted);

    /// <summary>Takes a ping or pong, which goes in front of waiting messages. Nothing happens on a closed connection.</summary>
    void SendControl(byte[] frame);

    /// <summary>The last frame, or none; nothing more is taken. False when that was so already.</summary>
    /// <param name="closeFrame">The last frame.</param>
    /// <param name="dropWaiting">True when messages that were not begun are dropped; else they are still written.</param>
    bool Finish(byte[]? closeFrame, bool dropWaiting = false);

    /// <summary>Drops everything that waits and takes nothing more.</summary>
    void Abort();
}
