namespace Channels.SocketRouter;

/// <summary>What the router itself tells about a topic.</summary>
internal static class TopicFrames
{
    /// <summary>Messages were lost; the client begins anew.</summary>
    public static ReadOnlyMemory<byte> Reset(string topic, HistoryPosition newest, string reason) => PushWriter.Push(default, PresenceFrames.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("topic", topic);
        writer.WriteString("epoch", newest.Epoch);
        writer.WriteNumber("offset", newest.Offset);
        writer.WriteString("reason", reason);
        writer.WriteEndObject();
    }).Span, "\"$reset\""u8);
}
