using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>
/// The receiving end of one channel of this process, as <see cref="IChannelLayer.NewChannelAsync"/> gives it: a bounded
/// queue that the layer fills from any thread and one reader empties.
/// </summary>
public sealed class ChannelInbox : IAsyncDisposable
{
    internal ChannelInbox(Mailbox mailbox) => Mailbox = mailbox;

    /// <summary>The channel's full name: what others send to.</summary>
    public string Name => Mailbox.Name;

    /// <summary>How many messages wait unread, expired ones included.</summary>
    public int Count => Mailbox.Count;

    /// <summary>How many unread messages the inbox holds; 0 or less means no limit.</summary>
    public int Capacity => Mailbox.Settings.Capacity;

    internal Mailbox Mailbox { get; }

    /// <summary>Gives room for at least so many messages, for a reader that knows how many it is to get. Before anybody else knows the name.</summary>
    internal void Enlarge(int capacity)
    {
        if (Capacity > 0 && Capacity < capacity)
        {
            Mailbox.Settings = Mailbox.Settings with { Capacity = capacity };
        }
    }

    /// <summary>Takes the oldest message that has not expired, without waiting.</summary>
    /// <param name="message">The message.</param>
    public bool TryTake([NotNullWhen(true)] out ChannelMessage? message) => Mailbox.TryTake(Mailbox.Now, out message, wakeNext: false);

    /// <summary>Waits for the next message. One reader at a time; giving up loses nothing.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ObjectDisposedException">The inbox is closed, or was closed while waiting.</exception>
    public ValueTask<ChannelMessage> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ChannelMessage>(cancellationToken);
        }

        return TryTake(out var message) ? ValueTask.FromResult(message) : WaitAsync(cancellationToken);
    }

    /// <summary>Closes the channel and leaves its groups; unread messages are dropped. May be called again.</summary>
    public ValueTask DisposeAsync() => Mailbox.Close() && Mailbox.Settings.OnClose is { } onClose ? onClose(this) : ValueTask.CompletedTask;

    private async ValueTask<ChannelMessage> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var posted = Mailbox.WhenPosted();
            if (Mailbox.TryTake(Mailbox.Now, out var message))
            {
                return message;
            }

            ObjectDisposedException.ThrowIf(Mailbox.IsClosed, this);
            await posted.WaitAsync(cancellationToken);
        }
    }
}
