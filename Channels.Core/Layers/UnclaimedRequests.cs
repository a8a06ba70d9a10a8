namespace Channels;

/// <summary>What layers do with requests to channels of this process that nobody holds open, or that are closed before they are read: whoever asked is told at once, and need not wait.</summary>
internal static class UnclaimedRequests
{
    /// <summary>Tells whoever asked; nothing happens for a message that is no request. Never throws and never waits.</summary>
    /// <param name="layer">The layer that the message came through.</param>
    /// <param name="message">The message that nobody gets.</param>
    public static void Refuse(IChannelLayer layer, ChannelMessage message)
    {
        if (RequestMark.TryRead(message, out var mark))
        {
            _ = SendAsync(layer, mark.ReplyTo, mark.Nobody("the channel is closed"));
        }
    }

    /// <summary>Sends a reply that may get lost: whoever asked stops waiting at the deadline.</summary>
    public static async Task SendAsync(IChannelLayer layer, string channel, ChannelMessage message)
    {
        try
        {
            await layer.SendAsync(channel, message);
        }
#pragma warning disable CA1031 // nobody waits for it, and the deadline stands in for it
        catch
#pragma warning restore CA1031
        {
        }
    }
}
