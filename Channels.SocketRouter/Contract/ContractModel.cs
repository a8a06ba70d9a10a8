using System.Reflection;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketRouter;

/// <summary>What the sockets of an application understand: read from the tree of applications.</summary>
/// <param name="Routers">The socket routers.</param>
/// <param name="Consumers">The consumers of JSON messages.</param>
internal sealed record ContractModel(IReadOnlyList<RouterContract> Routers, IReadOnlyList<JsonConsumerContract> Consumers)
{
    private const string WebSocket = "websocket ";

    /// <exception cref="InvalidOperationException">A payload that an attribute names has no JSON contract.</exception>
    public static ContractModel Of(Application root, IServiceProvider services)
    {
        List<RouterContract> routers = [];
        List<JsonConsumerContract> consumers = [];
        foreach (var entry in ApplicationTree.Walk(root))
        {
            if (entry.Node is not IConsumerNode node)
            {
                continue;
            }

            var path = entry.Path.StartsWith(WebSocket, StringComparison.Ordinal) ? entry.Path[WebSocket.Length..] : entry.Path;
            if (node.ConsumerType.GetCustomAttribute<RouterCheckAttribute>(inherit: true) is { } router)
            {
                routers.Add(Read(node.ConsumerType, path, router.Routes));
            }
            else if (node.FindMessages(services) is { } messages)
            {
                consumers.Add(new(node.ConsumerType.Name, path, messages));
            }
        }

        // One class at two places is one contract.
        return new([.. routers.DistinctBy(router => router.Name)], [.. consumers.DistinctBy(consumer => consumer.Name)]);
    }

    private static RouterContract Read(Type consumer, string path, SocketRoutes routes)
    {
        var topics = consumer.GetCustomAttributes<SocketTopicAttribute>(inherit: true)
            .OrderBy(topic => topic.Topic, StringComparer.Ordinal).ThenBy(topic => topic.Route, StringComparer.Ordinal)
            .Select(topic => new TopicContract(topic.Topic, topic.Route, Find(consumer, routes, topic.Payload)));
        var pushes = consumer.GetCustomAttributes<SocketPushAttribute>(inherit: true)
            .OrderBy(push => push.Route, StringComparer.Ordinal).Select(push => new TopicContract("", push.Route, Find(consumer, routes, push.Payload)));
        return new(consumer.Name, path, routes, [.. topics], [.. pushes]);
    }

    private static JsonTypeInfo Find(Type consumer, SocketRoutes routes, Type payload) => routes.Contracts.Options.TryGetTypeInfo(payload, out var contract) ? contract
        : throw new InvalidOperationException($"{consumer.Name} pushes '{TypeText.Of(payload)}', for which its JSON context has no contract: add [JsonSerializable(typeof({TypeText.Of(payload)}))] to it.");
}

/// <summary>A socket router.</summary>
internal sealed record RouterContract(string Name, string Path, SocketRoutes Routes, IReadOnlyList<TopicContract> Topics, IReadOnlyList<TopicContract> Pushes);

/// <summary>An event of a topic, or a push.</summary>
internal sealed record TopicContract(string Topic, string Route, JsonTypeInfo Payload);

/// <summary>A consumer of JSON messages.</summary>
internal sealed record JsonConsumerContract(string Name, string Path, JsonMessageContracts Messages);
