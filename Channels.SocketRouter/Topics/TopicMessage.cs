using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketRouter;

/// <summary>What is published to a topic, as it travels through the layer; and the frame that all subscribers of a process share.</summary>
internal static class TopicMessage
{
    public const string Type = "socketrouter.topic";
    private const string TopicKey = "t";
    private const string RouteKey = "r";
    private const string PayloadKey = "p";

    /// <param name="topic">The topic.</param>
    /// <param name="route">The event, as JSON.</param>
    /// <param name="payload">JSON; empty for null.</param>
    public static ChannelMessage Make(string topic, byte[] route, ReadOnlySpan<byte> payload) =>
        new(Type, new MessageMap { [TopicKey] = topic, [RouteKey] = route, [PayloadKey] = payload.IsEmpty ? "null"u8.ToArray() : payload.ToArray() });

    /// <summary>The frame for subscribers; null for a message that another process has written wrong.</summary>
    public static WebSocketSend? ToPush(ChannelMessage message) =>
        TryRead(message, out var topic, out var route, out var payload) ? WebSocketSend.FromUtf8(PushWriter.Topic(SocketPush.TextJson(topic), message.Position, redelivered: false, payload.Span, route.Span)) : null;

    /// <summary>The frame for one subscriber that has had the message before.</summary>
    public static ReadOnlyMemory<byte>? ToFrame(ChannelMessage message, bool redelivered) =>
        TryRead(message, out var topic, out var route, out var payload) ? PushWriter.Topic(SocketPush.TextJson(topic), message.Position, redelivered, payload.Span, route.Span) : null;

    public static bool TryRead(ChannelMessage message, [NotNullWhen(true)] out string? topic, out ReadOnlyMemory<byte> route, out ReadOnlyMemory<byte> payload)
    {
        (topic, route, payload) = (null, default, default);
        if (message.Type != Type
            || !message.Fields.TryGetValue(TopicKey, out var name) || name.Kind != MessageValueKind.Text
            || !message.Fields.TryGetValue(RouteKey, out var told) || told.Kind != MessageValueKind.Bytes
            || !message.Fields.TryGetValue(PayloadKey, out var body) || body.Kind != MessageValueKind.Bytes)
        {
            return false;
        }

        (topic, route, payload) = (name.GetText(), told.GetBytes(), body.GetBytes());
        return true;
    }
}
