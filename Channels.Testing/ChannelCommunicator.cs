namespace Channels.Testing;

/// <summary>Plays a worker process that reads one channel and hands its messages to an application.</summary>
public sealed class ChannelCommunicator : CommunicatorBase<ChannelCommunicator>
{
    /// <summary>Makes a communicator.</summary>
    /// <param name="application">What is tested.</param>
    /// <param name="channel">The channel's name.</param>
    public ChannelCommunicator(Application application, string channel)
        : base(application, new ChannelScope(channel))
    {
    }

    /// <summary>Hands a message to the application, as if it came out of the channel.</summary>
    /// <param name="message">The message.</param>
    public ValueTask SendAsync(ChannelMessage message) => SendInputAsync(message);

    /// <summary>Hands a typed record to the application, as if it came out of the channel.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="message">The record.</param>
    public ValueTask SendAsync<T>(T message)
        where T : class, ITypedMessage<T> => SendInputAsync(ChannelMessage.Of(message));
}
