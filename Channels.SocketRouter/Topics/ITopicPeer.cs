namespace Channels.SocketRouter;

/// <summary>The connection that topics are joined on, as far as they need it.</summary>
internal interface ITopicPeer : IRequestPeer
{
    JoinedTopics Topics { get; }

    ConsumerGroups Groups { get; }

    /// <summary>The consumer's own channel.</summary>
    string Connection { get; }

    IChannelLayer Layer { get; }

    IGroupPresence Presence { get; }

    TimeProvider Time { get; }

    ValueTask<bool> MayJoinAsync(string topic, SocketRequest request);

    string PresenceKeyOf(string topic);

    void Detach(Func<CancellationToken, Task> work);

    ValueTask CloseAsync(int code, string reason);
}
