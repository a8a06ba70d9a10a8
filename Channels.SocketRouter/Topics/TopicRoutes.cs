using System.Collections.Frozen;

namespace Channels.SocketRouter;

/// <summary>The routes of the protocol itself. They stand in line with the application's: who joins and then publishes hears what it published.</summary>
internal static class TopicRoutes
{
    private static readonly FrozenDictionary<string, SocketRoute> ByName = new SocketRoute[]
    {
        new("$join", nameof(JoinedTopics.JoinAsync), static (consumer, request) => ((ITopicPeer)consumer).Topics.JoinAsync(request)),
        new("$leave", nameof(JoinedTopics.LeaveAsync), static (consumer, request) => ((ITopicPeer)consumer).Topics.LeaveAsync(request)),
        new("$presence", nameof(JoinedTopics.ListPresentAsync), static (consumer, request) => ((ITopicPeer)consumer).Topics.ListPresentAsync(request)),
        new("$ack", nameof(JoinedTopics.AcknowledgeAsync), static (consumer, request) => ((ITopicPeer)consumer).Topics.AcknowledgeAsync(request)) { Parallel = true },
    }.ToFrozenDictionary(route => route.Name, StringComparer.Ordinal);

    public static SocketRoute? Find(string name) => ByName.GetValueOrDefault(name);
}
